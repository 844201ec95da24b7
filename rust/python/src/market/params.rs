//! The keyword arguments of `Market.add_instrument`.

use alphatrader_core::market::conditions::Plan;
use alphatrader_core::market::instrument::InstrumentParams;
use alphatrader_core::market::sweep::SweepRule;
use alphatrader_core::market::tape::TapeParams;
use alphatrader_core::Result;

pub struct RawParams<'a> {
    pub tick_size: f64,
    pub depth_rows: i64,
    pub vpin_bucket_volume: i64,
    pub vpin_window: i64,
    pub plan: &'a str,
    pub block_shares: f64,
    pub block_usd: f64,
    pub sweep_span_ms: f64,
    pub sweep_venues: i64,
    pub sweep_levels: i64,
}

impl RawParams<'_> {
    pub fn check(&self) -> Result<InstrumentParams> {
        let sweep = SweepRule::new(self.sweep_span_ms, self.sweep_venues, self.sweep_levels)?;
        let tape = TapeParams::new(Plan::from_name(self.plan)?, sweep, self.block_shares, self.block_usd)?;
        let params = InstrumentParams::new(self.tick_size, self.depth_rows, self.vpin_bucket_volume, self.vpin_window)?;
        Ok(params.with_tape(tape))
    }
}
