"""The documents of the projection: which keys an EngineView becomes. A pure function of the view.

What is not known makes no key, or null inside one; never a zero.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from alphatrader.adapters.redis import keys
from alphatrader.domain.view import EngineView, ExposureView, StrategySymbolView, StrategyView, SymbolView

Document = dict[str, Any]
Entry = tuple[keys.KeySpec, str, Document]
"""Kind of key, name, content."""

_LINK_FEEDS = frozenset({"broker", "gateway", "ibkr", "link"})
"""Names under which the view may tell of the broker's link."""
_NO_OPINION = frozenset({"", "no_data", "outside_hours"})
"""Codes with which a strategy's score of 0 says nothing."""


def documents(view: EngineView) -> Iterator[Entry]:
    """Yield everything that the view says, except the view itself and the streams."""
    for symbol in view.symbols:
        yield from _market(symbol)
        yield from _others(symbol)
        if symbol.exposure is not None:
            yield from _options(symbol.symbol, symbol.exposure)
    link = next((feed for feed in view.feeds if feed.name.lower() in _LINK_FEEDS), None)
    if link is not None:
        connected = {"ts_ns": view.ts_ns, "connected": link.state == "live", "state": link.state, "detail": link.detail}
        yield keys.CONNECTED, keys.CONNECTED.name(), connected
    if view.account:
        yield keys.ACCOUNT, keys.ACCOUNT.name(), {"ts_ns": view.ts_ns, "values": view.account}
        # Also where there are none: what was sold must not stay here until its key expires.
        yield keys.FOREIGN, keys.FOREIGN.name(), {"ts_ns": view.ts_ns, **msgspec.structs.asdict(view.foreign)}
    yield from _strategies(view)


def _strategies(view: EngineView) -> Iterator[Entry]:
    for strategy in view.strategies:
        yield keys.STRATEGY, keys.STRATEGY.name(item=strategy.name), _strategy(view.ts_ns, strategy)
    if view.strategies:
        waiting = {"ts_ns": view.ts_ns, "proposals": view.proposals}
        yield keys.PROPOSALS, keys.PROPOSALS.name(), waiting


def _strategy(ts_ns: int, strategy: StrategyView) -> Document:
    underlyings = {row.symbol: _opinion(row) for row in strategy.symbols}
    return {
        "ts_ns": ts_ns,
        "mode": strategy.mode,
        "budget_share": strategy.budget_share,
        "underlyings": underlyings,
    }


def _opinion(row: StrategySymbolView) -> Document:
    values = msgspec.structs.asdict(row)
    del values["symbol"]
    return {**values, "score": None if row.code in _NO_OPINION else row.score}


def _market(symbol: SymbolView) -> Iterator[Entry]:
    if not symbol.ts_ns:
        return  # nothing was heard yet
    metrics = symbol.metrics

    def entry(spec: keys.KeySpec, ts_ns: float | None, **content: object) -> Entry:
        return spec, spec.name(symbol.symbol), {"ts_ns": int(ts_ns or symbol.ts_ns), **content}

    yield entry(keys.TIMESTAMP, symbol.ts_ns)
    if symbol.bids or symbol.asks:
        yield entry(keys.BOOK, metrics.get("depth_ts_ns"), bids=symbol.bids, asks=symbol.asks)
    if symbol.trades:
        yield entry(keys.TRADES, symbol.trades[-1][0], trades=symbol.trades)
    if symbol.last is not None:
        size = symbol.trades[-1][2] if symbol.trades else metrics.get("last_size")
        yield entry(keys.LAST, metrics.get("trade_ts_ns"), price=symbol.last, size=size)
    if symbol.bars:
        yield entry(keys.BARS, symbol.bars[-1][0], seconds=60, bars=symbol.bars)
    session = {name: metrics.get(name) for name in ("vwap", "session_high", "session_low", "session_volume")}
    yield entry(keys.TICKER, metrics.get("quote_ts_ns"), bid=symbol.bid, ask=symbol.ask, last=symbol.last, **session)
    if symbol.bid is not None and symbol.ask is not None:
        spread, mid = symbol.ask - symbol.bid, (symbol.ask + symbol.bid) / 2
        points = 1e4 * spread / mid if mid else None
        yield entry(keys.SPREAD, metrics.get("quote_ts_ns"), spread_usd=spread, spread_bps=points, mid=mid)
    imbalance = ("obi_top", "obi_weighted", "ofi_10s", "ofi_60s", "ofi_60s_normalised", "signed_volume_60s")
    yield entry(keys.IMBALANCE, None, **{name: metrics.get(name) for name in imbalance})
    sweeps = ("sweep_count_60s", "block_count_60s")
    yield entry(keys.SWEEP, metrics.get("trade_ts_ns"), **{name: metrics.get(name) for name in sweeps})
    earlier = [bar[5] for bar in symbol.bars[:-1]]
    mean = sum(earlier) / len(earlier) if earlier else None
    recent = metrics.get("volume_60s")
    ratio = recent / mean if mean and recent is not None else None
    volume = {"volume_60s": recent, "minute_mean": mean, "minutes": len(earlier), "ratio": ratio}
    yield entry(keys.UNUSUAL_VOLUME, metrics.get("trade_ts_ns"), **volume)
    for name, value in metrics.items():
        yield keys.METRICS, keys.METRICS.name(symbol.symbol, name), {"ts_ns": symbol.ts_ns, "value": value}


def _others(symbol: SymbolView) -> Iterator[Entry]:
    if symbol.sentiment is not None:
        ts_ns, score, articles = symbol.sentiment
        yield keys.SENTIMENT_SCORE, keys.SENTIMENT_SCORE.name(symbol.symbol), {"ts_ns": ts_ns, "score": score}
        yield keys.SENTIMENT_ARTICLES, keys.SENTIMENT_ARTICLES.name(symbol.symbol), {"ts_ns": ts_ns, "count": articles}
    for name, (ts_ns, values) in symbol.technicals.items():
        yield keys.TECHNICALS, keys.TECHNICALS.name(symbol.symbol, name.lower()), {"ts_ns": ts_ns, "values": values}


def _options(symbol: str, exposure: ExposureView) -> Iterator[Entry]:
    def entry(spec: keys.KeySpec, **content: object) -> Entry:
        source = {"ts_ns": exposure.ts_ns, "source": exposure.source, "spot": exposure.spot}
        return spec, spec.name(symbol), {**source, **content}

    yield entry(
        keys.CHAIN,
        open_interest_date=exposure.open_interest_date,
        rows_used=exposure.rows_used,
        rows_dropped=exposure.rows_dropped,
        strikes=[
            {
                "strike": row.strike,
                "call_oi": row.call_oi,
                "put_oi": row.put_oi,
                "call_volume": row.call_volume,
                "put_volume": row.put_volume,
                "call_iv": row.call_iv,
                "put_iv": row.put_iv,
            }
            for row in exposure.by_strike
        ],
    )
    yield entry(
        keys.GREEKS,
        delta_usd=exposure.dex_usd,
        gamma_usd_per_pct=exposure.gex_usd_per_pct,
        vanna_usd_per_vol_point=exposure.vex_usd_per_vol_point,
        charm_usd_per_day=exposure.chex_usd_per_day,
    )
    yield entry(
        keys.GEX,
        gex_usd_per_pct=exposure.gex_usd_per_pct,
        gex_usd_per_100pct=exposure.gex_usd_per_100pct,
        call_wall=exposure.call_wall,
        put_wall=exposure.put_wall,
        max_pain=exposure.max_pain,
        zero_gamma_interpolated=exposure.zero_gamma_interpolated,
        zero_gamma_flip=exposure.zero_gamma_flip,
        zero_gamma_flips=exposure.zero_gamma_flips,
    )
    yield entry(keys.DEX, dex_usd=exposure.dex_usd, dex_dealer_usd=exposure.dex_dealer_usd)
    by_strike = [[row.strike, row.call_gex, row.put_gex, row.net_gex] for row in exposure.by_strike]
    yield entry(keys.GEX_BY_STRIKE, unit="usd per 1% move", columns=["strike", "call", "put", "net"], rows=by_strike)
    yield from _volume(symbol, exposure)


def _volume(symbol: str, exposure: ExposureView) -> Iterator[Entry]:
    """Flow and unusual activity, where the source states volume for every strike."""
    rows = [(r.strike, r.call_volume, r.put_volume, r.call_oi, r.put_oi) for r in exposure.by_strike]
    known = [(k, c, p, co, po) for k, c, p, co, po in rows if c is not None and p is not None]
    if not known or len(known) < len(rows):
        return
    calls, puts = sum(row[1] for row in known), sum(row[2] for row in known)
    source = {"ts_ns": exposure.ts_ns, "source": exposure.source}
    ratio = puts / calls if calls else None
    yield keys.FLOW, keys.FLOW.name(symbol), {
        **source, "call_volume": calls, "put_volume": puts, "put_call_ratio": ratio,
    }  # fmt: skip
    unusual = [
        {"strike": strike, "right": right, "volume": volume, "open_interest": interest}
        for strike, call, put, call_oi, put_oi in known
        for right, volume, interest in (("C", call, call_oi), ("P", put, put_oi))
        if volume > interest > 0
    ]
    yield keys.UNUSUAL, keys.UNUSUAL.name(symbol), {**source, "strikes": unusual}
