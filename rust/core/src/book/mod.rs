//! The order book: the L1 quote, and depth rows as the broker sends them.

use crate::error::{finite, positive, Error, Result};
use crate::limits;

/// Best bid and ask. A side whose price is NaN is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// Best bid in dollars, NaN if absent.
    pub bid: f64,
    /// Shares or contracts at the bid, NaN if absent.
    pub bid_size: f64,
    /// Best ask in dollars, NaN if absent.
    pub ask: f64,
    /// Shares or contracts at the ask, NaN if absent.
    pub ask_size: f64,
}

impl Quote {
    /// A quote with both sides absent.
    pub const ABSENT: Self = Self { bid: f64::NAN, bid_size: f64::NAN, ask: f64::NAN, ask_size: f64::NAN };

    /// Validate a quote as it arrives: a NaN price, or one of 0 or less, means that the side is absent.
    #[inline]
    pub fn new(bid: f64, bid_size: f64, ask: f64, ask_size: f64) -> Result<Self> {
        let (bid, bid_size) = side("bid", bid, bid_size)?;
        let (ask, ask_size) = side("ask", ask, ask_size)?;
        Ok(Self { bid, bid_size, ask, ask_size })
    }

    /// Whether both sides are present.
    #[inline]
    pub fn is_two_sided(&self) -> bool {
        !self.bid.is_nan() && !self.ask.is_nan()
    }

    /// Halfway between bid and ask.
    pub fn mid(&self) -> Option<f64> {
        self.is_two_sided().then_some((self.bid + self.ask) * 0.5)
    }

    /// (Pa Qb + Pb Qa) / (Qb + Qa): leans to the side that is about to give way.
    pub fn weighted_mid(&self) -> Option<f64> {
        let size = self.bid_size + self.ask_size;
        (self.is_two_sided() && size > 0.0).then(|| (self.ask * self.bid_size + self.bid * self.ask_size) / size)
    }
}

#[inline]
fn side(name: &str, price: f64, size: f64) -> Result<(f64, f64)> {
    if price.is_nan() || price <= 0.0 {
        return Ok((f64::NAN, f64::NAN));
    }
    limits::check(name, price, size)?;
    Ok((price, size))
}

/// A side of the depth book, as the broker numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// 0.
    Ask,
    /// 1.
    Bid,
}

impl Side {
    /// From the broker's number.
    #[inline]
    pub fn from_code(code: i64) -> Result<Self> {
        match code {
            0 => Ok(Self::Ask),
            1 => Ok(Self::Bid),
            other => Err(Error::invalid(format!("the depth side was {other}: 0 is ask, 1 is bid"))),
        }
    }
}

/// One row operation of the depth book, validated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DepthOp {
    kind: OpKind,
    side: Side,
    position: usize,
    price: f64,
    size: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpKind {
    Insert,
    Update,
    Delete,
}

impl DepthOp {
    /// From the broker's numbers: op 0 insert, 1 update, 2 delete. Price and size of a delete are not looked at.
    #[inline]
    pub fn new(op: i64, side: i64, position: i64, price: f64, size: f64) -> Result<Self> {
        let kind = match op {
            0 => OpKind::Insert,
            1 => OpKind::Update,
            2 => OpKind::Delete,
            other => {
                return Err(Error::invalid(format!("the depth op was {other}: 0 is insert, 1 update, 2 delete")));
            }
        };
        let side = Side::from_code(side)?;
        let position = usize::try_from(position)
            .map_err(|_| Error::invalid(format!("the depth position was {position}: rows count from 0")))?;
        if kind != OpKind::Delete {
            limits::check("depth", price, size)?;
        }
        Ok(Self { kind, side, position, price, size })
    }
}

/// Price ticks and size of a level or row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    ticks: i64,
    size: f64,
}

/// Converts between dollars and integer ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickScale {
    tick_size: f64,
    /// Ticks per dollar where that is a whole number: dividing by it gives the nearest double of the decimal price.
    per_dollar: Option<f64>,
}

impl TickScale {
    /// `tick_size` in dollars, above zero.
    pub fn new(tick_size: f64) -> Result<Self> {
        positive("tick_size", tick_size)?;
        finite("the ticks of a dollar", 1.0 / tick_size)?;
        let inverse = (1.0 / tick_size).round();
        let whole = inverse >= 1.0 && (inverse * tick_size - 1.0).abs() < 1e-9;
        Ok(Self { tick_size, per_dollar: whole.then_some(inverse) })
    }

    #[inline]
    fn to_ticks(self, price: f64) -> i64 {
        // A cast saturates, so no price can overflow.
        (self.per_dollar.map_or_else(|| price / self.tick_size, |n| price * n)).round() as i64
    }

    #[inline]
    fn to_price(self, ticks: i64) -> f64 {
        self.per_dollar.map_or_else(|| ticks as f64 * self.tick_size, |n| ticks as f64 / n)
    }
}

/// Depth rows of one instrument. Prices are held in ticks, so that market makers at one price add up exactly.
#[derive(Debug, Clone)]
pub struct DepthBook {
    scale: TickScale,
    rows_max: usize,
    bids: Vec<Row>,
    asks: Vec<Row>,
    anomalies: u64,
}

/// (price in dollars, size), best first.
pub type Levels = Vec<(f64, f64)>;

impl DepthBook {
    /// An empty book of at most `rows_max` rows a side.
    pub const fn new(scale: TickScale, rows_max: usize) -> Self {
        Self { scale, rows_max, bids: Vec::new(), asks: Vec::new(), anomalies: 0 }
    }

    /// Apply one row operation. An operation on an absent row changes nothing and is counted.
    #[inline]
    pub fn apply(&mut self, op: DepthOp) {
        let rows = match op.side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let row = Row { ticks: self.scale.to_ticks(op.price), size: op.size };
        match op.kind {
            OpKind::Insert if op.position <= rows.len() && op.position < self.rows_max => {
                if rows.len() == self.rows_max {
                    rows.pop();
                }
                rows.insert(op.position, row);
            }
            OpKind::Update if op.position < rows.len() => rows[op.position] = row,
            OpKind::Delete if op.position < rows.len() => {
                rows.remove(op.position);
            }
            _ => self.anomalies += 1,
        }
    }

    /// Forget all rows and the count of anomalies.
    pub fn reset(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.anomalies = 0;
    }

    /// Row operations that named an absent position since the last reset.
    pub const fn anomalies(&self) -> u64 {
        self.anomalies
    }

    /// The best `count` price levels of each side: (bids, asks). Rows of size 0 offer nothing and are left out.
    pub fn levels(&self, count: usize) -> (Levels, Levels) {
        let priced = |levels: Vec<Row>| {
            levels.into_iter().take(count).map(|row| (self.scale.to_price(row.ticks), row.size)).collect()
        };
        (priced(aggregate(&self.bids, Side::Bid)), priced(aggregate(&self.asks, Side::Ask)))
    }

    /// What a snapshot shows of the depth book.
    pub fn imbalance(&self) -> DepthImbalance {
        let (bids, asks) = (aggregate(&self.bids, Side::Bid), aggregate(&self.asks, Side::Ask));
        let (Some(bid), Some(ask)) = (bids.first(), asks.first()) else {
            return DepthImbalance::default();
        };
        let weighted = |levels: &[Row]| -> f64 {
            levels.iter().take(OBI_LEVELS).zip(1_u32..).map(|(row, level)| row.size / f64::from(level)).sum()
        };
        let (weighted_bid, weighted_ask) = (weighted(&bids), weighted(&asks));
        DepthImbalance {
            top: Some((bid.size - ask.size) / (bid.size + ask.size)),
            weighted: Some((weighted_bid - weighted_ask) / (weighted_bid + weighted_ask)),
            crossed: bid.ticks > ask.ticks,
            locked: bid.ticks == ask.ticks,
        }
    }
}

const OBI_LEVELS: usize = 5;

/// Imbalance of the depth book.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DepthImbalance {
    /// (Qb - Qa) / (Qb + Qa) at the best level.
    pub top: Option<f64>,
    /// The same over five levels with weights 1/level.
    pub weighted: Option<f64>,
    /// Best bid above best ask.
    pub crossed: bool,
    /// Best bid equal to best ask.
    pub locked: bool,
}

/// Rows added up by price, best first, without empty levels. Rows come nearly sorted, so insertion is cheap.
fn aggregate(rows: &[Row], side: Side) -> Vec<Row> {
    let rank = |row: &Row| if side == Side::Bid { row.ticks.saturating_neg() } else { row.ticks };
    let mut levels: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| row.size > 0.0) {
        let mut at = levels.len();
        while at > 0 && rank(&levels[at - 1]) > rank(row) {
            at -= 1;
        }
        if at > 0 && levels[at - 1].ticks == row.ticks {
            levels[at - 1].size += row.size;
        } else {
            levels.insert(at, *row);
        }
    }
    levels
}

#[cfg(test)]
mod tests;
