//! Bulk volume classification (Easley, Lopez de Prado, O'Hara 2012): the share of a bar's volume that was bought is
//! `Z((P_i - P_{i-1}) / sigma)`, from the closes of bars. Only the past is used: sigma is of the changes before the bar.

use std::collections::VecDeque;

use crate::civil::NS_PER_SECOND;
use crate::error::{positive, Error, Result};
use crate::pricing::normal_cdf;
use crate::vpin::accumulator::Split;
use crate::vpin::student::student_cdf;
use crate::vpin::units::{units_of, UNITS_PER_SHARE};
use crate::vpin::WINDOW_SHARES_MAX;

/// Most bars that sigma may look back on.
pub const SIGMA_BARS_MAX: i64 = 100_000;

/// Where a bar ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// At multiples of so many ns since the epoch.
    Time(i64),
    /// With the trade that brings it to so many units.
    Volume(i64),
}

/// The distribution function `Z`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Standard normal.
    Normal,
    /// Student's t with these degrees of freedom; the paper takes 0.25.
    StudentT(f64),
}

/// The standard deviation of the price change from one bar's close to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sigma {
    /// Of all changes before the bar.
    Expanding,
    /// Of so many changes before the bar, at least 2.
    Rolling(usize),
    /// Given, in dollars.
    Given(f64),
}

/// Validated parameters of bulk classification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BulkRule {
    bar: Bar,
    distribution: Distribution,
    sigma: Sigma,
}

impl BulkRule {
    /// Bars of one minute, normal distribution, expanding sigma.
    pub const MINUTES: Self =
        Self { bar: Bar::Time(60 * NS_PER_SECOND), distribution: Distribution::Normal, sigma: Sigma::Expanding };

    /// Bars of `seconds` (a day at most).
    pub fn with_bar_seconds(self, seconds: f64) -> Result<Self> {
        if !(positive("bar_seconds", seconds)? <= 86_400.0 && seconds >= 1e-3) {
            return Err(Error::invalid(format!("bar_seconds was {seconds}: give 0.001 to 86,400")));
        }
        Ok(Self { bar: Bar::Time((seconds * NS_PER_SECOND as f64) as i64), ..self })
    }

    /// Bars of `shares`: each ends with the trade that fills it, which is not split.
    pub fn with_bar_volume(self, shares: f64) -> Result<Self> {
        if positive("bar_volume", shares)? > WINDOW_SHARES_MAX as f64 || shares < 1.0 {
            return Err(Error::invalid(format!("bar_volume was {shares}: give 1 to {WINDOW_SHARES_MAX} shares")));
        }
        Ok(Self { bar: Bar::Volume((shares * UNITS_PER_SHARE as f64) as i64), ..self })
    }

    /// Student's t with `df` degrees of freedom (0.01 to 1e6) instead of the normal distribution.
    pub fn with_student_t(self, df: f64) -> Result<Self> {
        if !(0.01..=1e6).contains(&df) {
            return Err(Error::invalid(format!("student_df was {df}: give 0.01 to 1e6 degrees of freedom")));
        }
        Ok(Self { distribution: Distribution::StudentT(df), ..self })
    }

    /// A known standard deviation of the change, in dollars.
    pub fn with_sigma(self, sigma: f64) -> Result<Self> {
        Ok(Self { sigma: Sigma::Given(positive("sigma", sigma)?), ..self })
    }

    /// The standard deviation of the newest `bars` changes.
    pub fn with_sigma_bars(self, bars: i64) -> Result<Self> {
        if !(2..=SIGMA_BARS_MAX).contains(&bars) {
            return Err(Error::invalid(format!("sigma_bars was {bars}: give 2 to {SIGMA_BARS_MAX} bars")));
        }
        Ok(Self { sigma: Sigma::Rolling(bars as usize), ..self })
    }
}

/// The standard deviation of past changes.
#[derive(Debug, Clone)]
enum Spread {
    /// Running mean and sum of squares (Welford).
    Running {
        count: f64,
        mean: f64,
        squares: f64,
    },
    Newest {
        changes: VecDeque<f64>,
        most: usize,
    },
    Given(f64),
}

impl Spread {
    const fn new(sigma: Sigma) -> Self {
        match sigma {
            Sigma::Expanding => Self::Running { count: 0.0, mean: 0.0, squares: 0.0 },
            Sigma::Rolling(most) => Self::Newest { changes: VecDeque::new(), most },
            Sigma::Given(sigma) => Self::Given(sigma),
        }
    }

    fn add(&mut self, x: f64) {
        match self {
            Self::Running { count, mean, squares } => {
                *count += 1.0;
                let from_mean = x - *mean;
                *mean += from_mean / *count;
                *squares += from_mean * (x - *mean);
            }
            Self::Newest { changes, most } => {
                if changes.len() == *most {
                    changes.pop_front();
                }
                changes.push_back(x);
            }
            Self::Given(_) => {}
        }
    }

    fn deviation(&self) -> Option<f64> {
        let (count, squares) = match self {
            Self::Running { count, squares, .. } => (*count, *squares),
            Self::Newest { changes, .. } => {
                // Afresh for each bar: a running sum would drift and depend on what has left the window.
                let count = changes.len() as f64;
                let mean = changes.iter().sum::<f64>() / count;
                (count, changes.iter().map(|x| (x - mean) * (x - mean)).sum())
            }
            Self::Given(sigma) => return Some(*sigma),
        };
        let deviation = (squares / (count - 1.0)).sqrt();
        (count >= 2.0 && deviation > 0.0).then_some(deviation)
    }
}

/// A trade whose bar has not ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    /// The caller's mark: a time, or a row.
    pub mark: i64,
    pub units: i64,
}

/// The unfinished bar and what came before it.
#[derive(Debug, Clone)]
pub(crate) struct Bulk {
    rule: BulkRule,
    pending: Vec<Pending>,
    /// Which bar of time the pending trades are in, or how many units they have.
    progress: i64,
    close: f64,
    last_close: Option<f64>,
    changes: Spread,
}

impl Bulk {
    pub const fn new(rule: BulkRule) -> Self {
        let changes = Spread::new(rule.sigma);
        Self { rule, pending: Vec::new(), progress: 0, close: f64::NAN, last_close: None, changes }
    }

    /// Take a trade of a sound price and size; `pour` gets the trades of the bar that ended, if one did.
    pub fn add(
        &mut self,
        ts_ns: i64,
        mark: i64,
        price: f64,
        size: f64,
        mut pour: impl FnMut(Pending, Split) -> Result<()>,
    ) -> Result<()> {
        if size == 0.0 {
            return Ok(());
        }
        let units = units_of(size);
        if let Bar::Time(length_ns) = self.rule.bar {
            let bar = ts_ns.div_euclid(length_ns);
            if bar != self.progress {
                self.finish(&mut pour)?;
                self.progress = bar;
            }
        }
        self.pending.push(Pending { mark, units });
        self.close = price;
        if let Bar::Volume(length) = self.rule.bar {
            self.progress += units;
            if self.progress >= length {
                self.finish(&mut pour)?;
                self.progress = 0;
            }
        }
        Ok(())
    }

    /// End the unfinished bar.
    pub fn finish(&mut self, mut pour: impl FnMut(Pending, Split) -> Result<()>) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let change = self.last_close.map(|last| self.close - last);
        let share = change.zip(self.changes.deviation()).map(|(change, sigma)| self.bought(change / sigma));
        // A known half is not the half of the unknown.
        let split = match share {
            None => Split::Side(0),
            Some(0.5) => Split::Share(0.5),
            Some(share) => Split::of_share(share),
        };
        for trade in &self.pending {
            pour(*trade, split)?;
        }
        self.pending.clear();
        if let Some(change) = change {
            self.changes.add(change);
        }
        self.last_close = Some(self.close);
        self.progress = 0;
        Ok(())
    }

    fn bought(&self, z: f64) -> f64 {
        let share = match self.rule.distribution {
            Distribution::Normal => normal_cdf(z),
            Distribution::StudentT(df) => student_cdf(z, df),
        };
        share.clamp(0.0, 1.0)
    }
}
