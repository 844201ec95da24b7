//! Which rows of a chain count for exposure, and why the others do not.

use std::borrow::Cow;

use arrow_array::types::{Date32Type, Float64Type, Int8Type};
use arrow_array::{Array, RecordBatch};
use rustc_hash::FxHashMap;

use crate::civil::{new_york_close_ns, NS_PER_SECOND};
use crate::columns::{nullable, Text};
use crate::error::{Error, Result};
use crate::exposure::{ExposureParams, GammaSource, Weight};
use crate::limits::{is_price, is_size};
use crate::pricing::SECONDS_PER_YEAR;

/// 1970-01-01 to 9999-12-31.
const EXPIRY_DAYS: std::ops::RangeInclusive<i32> = 0..=2_932_896;
/// Largest gamma that is believed; a one-cent spot an hour from settlement has less.
pub(crate) const GAMMA_MAX: f64 = 1e6;
/// Largest absolute delta that is believed; sources round.
pub(crate) const DELTA_MAX: f64 = 1.001;

/// The columns of a chain that exposure reads; NaN stands for null.
pub(crate) struct Columns<'a> {
    pub expiry: &'a arrow_array::Date32Array,
    pub right: &'a arrow_array::Int8Array,
    pub strike: Cow<'a, [f64]>,
    pub open_interest: Cow<'a, [f64]>,
    pub volume: Cow<'a, [f64]>,
    pub iv: Cow<'a, [f64]>,
    pub delta: Cow<'a, [f64]>,
    pub gamma: Cow<'a, [f64]>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let numbers = |name: &str| -> Result<Cow<'a, [f64]>> {
            let array = nullable::<Float64Type>(batch, name)?;
            Ok(if array.null_count() == 0 {
                Cow::Borrowed(array.values())
            } else {
                Cow::Owned(array.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
            })
        };
        Ok(Self {
            expiry: nullable::<Date32Type>(batch, "expiry")?,
            right: nullable::<Int8Type>(batch, "right")?,
            strike: numbers("strike")?,
            open_interest: numbers("open_interest")?,
            volume: numbers("volume")?,
            iv: numbers("iv")?,
            delta: numbers("delta")?,
            gamma: numbers("gamma")?,
        })
    }
}

/// The rows of one settlement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub expiry: i32,
    pub settlement_ns: i64,
    pub years: f64,
    pub root_years: f64,
    /// (rate - dividend yield) x years.
    pub drift: f64,
    /// The discount factor of the dividend yield.
    pub growth: f64,
}

/// Why no row of an expiry counts, or its group.
type Outcome = std::result::Result<u32, &'static str>;

/// The settlement of each row, looked up once for each expiry (of each root, where roots differ).
pub(crate) struct Groups<'a> {
    params: &'a ExposureParams,
    /// Only where the settlement of some root is given.
    roots: Option<Text<'a>>,
    last: Option<(i32, &'a [u8], Outcome)>,
    /// Both only looked up, never iterated.
    known: FxHashMap<(i32, &'a [u8]), Outcome>,
    by_settlement: FxHashMap<(i32, i64), u32>,
    pub all: Vec<Group>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(batch: &'a RecordBatch, params: &'a ExposureParams) -> Result<Self> {
        let needs_roots = !params.root_settlement_ns.is_empty();
        let of_roots = || {
            let column = batch.column_by_name("root").and_then(|array| Text::of_array(array.as_ref()));
            column.ok_or_else(|| Error::Schema("settlement by root needs a text column \"root\"".to_owned()))
        };
        Ok(Self {
            params,
            roots: needs_roots.then(of_roots).transpose()?,
            last: None,
            known: FxHashMap::default(),
            by_settlement: FxHashMap::default(),
            all: Vec::new(),
        })
    }

    #[inline]
    fn of(&mut self, row: usize, expiry: i32) -> Outcome {
        let root = self.roots.as_ref().and_then(|roots| roots.get(row)).unwrap_or_default();
        if let Some((last, last_root, outcome)) = self.last {
            if last == expiry && (self.roots.is_none() || last_root == root) {
                return outcome;
            }
        }
        let known = self.known.get(&(expiry, root)).copied();
        let outcome = known.unwrap_or_else(|| self.learn(expiry, root));
        self.last = Some((expiry, root, outcome));
        outcome
    }

    fn learn(&mut self, expiry: i32, root: &'a [u8]) -> Outcome {
        let outcome = self.settle(expiry, root);
        self.known.insert((expiry, root), outcome);
        outcome
    }

    fn settle(&mut self, expiry: i32, root: &[u8]) -> Outcome {
        let params = self.params;
        if params.expiries.as_ref().is_some_and(|selected| !selected.contains(&expiry)) {
            return Err("expiry_not_selected");
        }
        let of_root = || {
            let root = std::str::from_utf8(root).ok()?;
            params.root_settlement_ns.get(&expiry)?.get(root).copied()
        };
        let of_expiry = || params.settlement_ns.get(&expiry).copied();
        let settlement_ns = of_root().or_else(of_expiry).unwrap_or_else(|| new_york_close_ns(expiry));
        let seconds = settlement_ns.saturating_sub(params.as_of_ns) as f64 / NS_PER_SECOND as f64;
        if seconds <= 0.0 {
            return Err("expired");
        }
        if seconds < params.min_seconds_to_settlement {
            return Err("too_near_settlement");
        }
        let years = seconds / SECONDS_PER_YEAR;
        let carry = params.carry;
        let next = self.all.len() as u32;
        let group = *self.by_settlement.entry((expiry, settlement_ns)).or_insert(next);
        if group == next {
            self.all.push(Group {
                expiry,
                settlement_ns,
                years,
                root_years: years.sqrt(),
                drift: (carry.rate - carry.dividend_yield) * years,
                growth: (-carry.dividend_yield * years).exp(),
            });
        }
        Ok(group)
    }
}

impl Weight {
    /// The reasons "has none" and "is below the least".
    pub(crate) const fn reasons(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenInterest => ("no_open_interest", "open_interest_below_min"),
            Self::Volume => ("no_volume", "volume_below_min"),
        }
    }
}

/// What is known of a row that counts before its curve is computed.
pub(crate) struct UsedRow {
    pub group: u32,
    pub call: bool,
    pub weight: f64,
}

/// Row `i` if it counts, else the first reason why it does not.
#[inline]
pub(crate) fn use_row(
    columns: &Columns<'_>,
    i: usize,
    groups: &mut Groups<'_>,
) -> std::result::Result<UsedRow, &'static str> {
    let params = groups.params;
    if !is_price(columns.strike[i]) {
        return Err("bad_strike");
    }
    let expiry = columns.expiry.value(i);
    if columns.expiry.is_null(i) || !EXPIRY_DAYS.contains(&expiry) {
        return Err("bad_expiry");
    }
    let group = groups.of(i, expiry)?;
    let right = columns.right.value(i);
    if right.unsigned_abs() != 1 || columns.right.is_null(i) {
        return Err("bad_right");
    }
    let weight = match params.weight {
        Weight::OpenInterest => columns.open_interest[i],
        Weight::Volume => columns.volume[i],
    };
    if !is_size(weight) {
        return Err(params.weight.reasons().0);
    }
    if weight < params.min_weight {
        return Err(params.weight.reasons().1);
    }
    match params.gamma {
        GammaSource::Given if !(0.0..=GAMMA_MAX).contains(&columns.gamma[i]) => return Err("no_gamma"),
        GammaSource::Recompute if !is_volatility(columns.iv[i]) => return Err("no_iv"),
        _ => {}
    }
    let delta = columns.delta[i];
    if delta.is_nan() || delta.abs() > DELTA_MAX {
        return Err("no_delta");
    }
    Ok(UsedRow { group, call: right > 0, weight })
}

/// Whether a volatility is positive and finite.
#[inline]
pub(crate) fn is_volatility(iv: f64) -> bool {
    iv > 0.0 && iv < f64::INFINITY
}
