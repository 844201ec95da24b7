"""Dealer exposure of a symbol from a chain body: decoded and computed in Rust, kept with its time and source."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from alphatrader import _core
from alphatrader.calendar import option_settlement_ns
from alphatrader.domain.view import ExposureView, StrikeView

_DAILY_CLASSES = {"SPX": "SPXW", "NDX": "NDXP", "RUT": "RUTW"}
"""Index options of nearly every expiry are of the PM-settled class; the AM-settled monthly shares but its date."""


@dataclass(frozen=True, slots=True)
class ExposureState:
    """Exposure and when the chain behind it arrived (engine ns)."""

    ts_ns: int
    view: ExposureView


def compute_exposure(symbol: str, source: str, body: bytes, spot: float, ts_ns: int) -> ExposureState:
    """Decode a body and compute its exposure at ``spot`` dollars. Raises ``_core.CoreError``."""
    decode = _core.decode_alphavantage_chain if source == "alphavantage" else _core.decode_cboe_csv
    chain = decode(body)
    listed_class = _DAILY_CLASSES.get(symbol, symbol)
    settlement = {expiry: option_settlement_ns(listed_class, expiry) for expiry in chain.expiries()}
    result = _core.exposure(chain, spot, as_of_ns=ts_ns, settlement_ns=settlement)
    return ExposureState(ts_ns, _to_view(result, source, chain.as_of or "", ts_ns))


def _to_view(result: _core.Exposure, source: str, as_of: str, ts_ns: int) -> ExposureView:
    table = pa.record_batch(result.by_strike())
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in table.schema.names}
    strikes = tuple(
        StrikeView(
            strike=columns["strike"][i],
            call_gex=columns["call_gex"][i],
            put_gex=columns["put_gex"][i],
            net_gex=columns["net_gex"][i],
            call_oi=columns["call_oi"][i],
            put_oi=columns["put_oi"][i],
            call_iv=columns["call_iv"][i],
            put_iv=columns["put_iv"][i],
            call_volume=columns["call_volume"][i],
            put_volume=columns["put_volume"][i],
        )
        for i in range(len(columns["strike"]))
    )
    return ExposureView(
        ts_ns=ts_ns,
        source=source,
        open_interest_date=as_of,
        spot=result.spot,
        gex_usd_per_pct=result.gex_usd_per_pct,
        gex_usd_per_100pct=result.gex_usd_per_100pct,
        dex_usd=result.dex_usd,
        dex_dealer_usd=result.dex_dealer_usd,
        vex_usd_per_vol_point=result.vex_usd_per_vol_point,
        chex_usd_per_day=result.chex_usd_per_day,
        call_wall=result.call_wall,
        put_wall=result.put_wall,
        max_pain=result.max_pain,
        zero_gamma_interpolated=result.zero_gamma_interpolated,
        zero_gamma_flip=result.zero_gamma_flip,
        zero_gamma_flips=tuple(result.zero_gamma_flips),
        rows_used=result.rows_used,
        rows_dropped=dict(result.rows_dropped),
        by_strike=strikes,
    )
