//! Which rows of a chain count for exposure, and why the others do not.

use std::borrow::Cow;

use arrow_array::types::{Date32Type, Float64Type, Int8Type};
use arrow_array::{Array, RecordBatch};
use rustc_hash::FxHashMap;

use crate::civil::{new_york_close_ns, NS_PER_SECOND};
use crate::columns::nullable;
use crate::error::Result;
use crate::exposure::{ExposureParams, GammaSource, Weight};
use crate::limits::{is_price, is_size};
use crate::pricing::{Curvature, Terms};

/// 1970-01-01 to 9999-12-31.
const EXPIRY_DAYS: std::ops::RangeInclusive<i32> = 0..=2_932_896;

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

/// Why no row of an expiry counts, or the seconds to its settlement.
type ExpiryTime = std::result::Result<f64, &'static str>;

/// Seconds to settlement by expiry, looked up once for each.
pub(crate) struct ExpiryTimes<'p> {
    params: &'p ExposureParams,
    last: Option<(i32, ExpiryTime)>,
    /// Only looked up, never iterated.
    known: FxHashMap<i32, ExpiryTime>,
}

impl<'p> ExpiryTimes<'p> {
    pub(crate) fn new(params: &'p ExposureParams) -> Self {
        Self { params, last: None, known: FxHashMap::default() }
    }

    #[inline]
    fn seconds(&mut self, expiry: i32) -> ExpiryTime {
        if let Some((_, time)) = self.last.filter(|(last, _)| *last == expiry) {
            return time;
        }
        let params = self.params;
        let time = *self.known.entry(expiry).or_insert_with(|| {
            if params.expiries.as_ref().is_some_and(|selected| !selected.contains(&expiry)) {
                return Err("expiry_not_selected");
            }
            let settlement = params.settlement_ns.get(&expiry).copied().unwrap_or_else(|| new_york_close_ns(expiry));
            let seconds = settlement.saturating_sub(params.as_of_ns) as f64 / NS_PER_SECOND as f64;
            if seconds > 0.0 && seconds >= params.min_seconds_to_settlement {
                Ok(seconds)
            } else {
                Err("expired")
            }
        });
        self.last = Some((expiry, time));
        time
    }
}

/// A row that counts.
pub(crate) struct UsedRow {
    pub terms: Terms,
    pub expiry: i32,
    pub weight: f64,
    pub gamma: f64,
    pub delta: f64,
    /// The row's volatility, if it has one, and what follows from it.
    pub curve: Option<(f64, Curvature)>,
}

/// Largest gamma that is believed; a one-cent spot an hour from settlement has less.
const GAMMA_MAX: f64 = 1e6;
/// Largest absolute delta that is believed; sources round.
const DELTA_MAX: f64 = 1.001;

/// Row `i` if it counts, else the reason why it does not.
pub(crate) fn use_row(
    columns: &Columns<'_>,
    i: usize,
    times: &mut ExpiryTimes<'_>,
) -> std::result::Result<UsedRow, &'static str> {
    let params = times.params;
    let strike = columns.strike[i];
    if !is_price(strike) {
        return Err("bad_strike");
    }
    if columns.expiry.is_null(i) || !EXPIRY_DAYS.contains(&columns.expiry.value(i)) {
        return Err("bad_expiry");
    }
    let right = if columns.right.is_null(i) { 0 } else { columns.right.value(i) };
    let expiry = columns.expiry.value(i);
    let seconds = times.seconds(expiry)?;
    let terms = Terms::new(params.spot, strike, seconds, right).ok_or("bad_right")?;
    let (weight, absent, below) = match params.weight {
        Weight::OpenInterest => (columns.open_interest[i], "no_open_interest", "open_interest_below_min"),
        Weight::Volume => (columns.volume[i], "no_volume", "volume_below_min"),
    };
    if !is_size(weight) {
        return Err(absent);
    }
    if weight < params.min_weight {
        return Err(below);
    }
    let iv = columns.iv[i];
    let curve = Curvature::new(&terms, params.carry, iv).map(|curve| (iv, curve));
    let gamma = match params.gamma {
        GammaSource::Given => columns.gamma[i],
        GammaSource::Recompute => curve.as_ref().ok_or("no_iv")?.1.gamma(&terms),
    };
    if !(0.0..=GAMMA_MAX).contains(&gamma) {
        return Err("no_gamma");
    }
    let delta = columns.delta[i];
    if delta.is_nan() || delta.abs() > DELTA_MAX {
        return Err("no_delta");
    }
    Ok(UsedRow { terms, expiry, weight, gamma, delta, curve })
}
