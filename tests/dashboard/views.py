"""Views as the engine would make them: plausible, seeded, and moving with ``step``."""

import math
import random
from decimal import Decimal

import msgspec

from alphatrader.domain.view import (
    EngineView,
    ExposureView,
    FeedView,
    ForeignPositionView,
    ForeignView,
    NoticeView,
    PositionView,
    ProposalView,
    SignalView,
    StrategySymbolView,
    StrategyView,
    StrikeView,
    SymbolView,
)

SECOND_NS = 1_000_000_000
OPEN_NS = 1_787_751_000 * SECOND_NS
"""2026-08-26 09:30 New York."""
CLOSE_NS = OPEN_NS + 390 * 60 * SECOND_NS
NOON_NS = OPEN_NS + 196 * 60 * SECOND_NS


def make_view(step: int = 0, **changes: object) -> EngineView:
    """A session at 12:46 New York, ``step`` quarters of a second later."""
    now_ns = NOON_NS + step * SECOND_NS // 4
    symbol = make_symbol(now_ns, step)
    position = make_position(now_ns, Decimal("1.42") + Decimal(step % 20) / 100)
    view = EngineView(
        ts_ns=now_ns,
        run_id="20260826-seed7",
        build="a1b2c3d",
        mode="paper",
        simulated=True,
        market_label="SIMULATED MARKET (seed 7)",
        time_scale=1.0,
        session_date="2026-08-26",
        session_open_ns=OPEN_NS,
        session_close_ns=CLOSE_NS,
        warming_up=False,
        trading_state="ACTIVE",
        state_reason="",
        entries_paused=(),
        feeds=FEEDS,
        symbols=(symbol,),
        positions=(position,),
        signals=make_signals(now_ns),
        notices=make_notices(now_ns),
        realised_usd=Decimal("184.60"),
        unrealised_usd=position.unrealised_usd or Decimal(0),
        fees_usd=Decimal("12.60"),
        account={"NetLiquidation": 100_184.6, "AvailableFunds": 97_420.0, "BuyingPower": 389_680.0},
        counters={"signals": 41, "blocked": 36, "orders": 15, "fills": 11, "events": 1_284_311},
        open_orders=2,
        strategies=(make_strategy("zero_dte", "on"),),
    )
    return msgspec.structs.replace(view, **changes)


def make_busy_view(step: int = 0, **changes: object) -> EngineView:
    """The same session with something in every part: strategies of each mode, a proposal, foreign positions."""
    view = make_view(step)
    now_ns = view.ts_ns
    overnight = make_position(
        now_ns,
        Decimal("3.10"),
        label="QQQ 1DTE 588C",
        con_id=756_801,
        quantity=2,
        average_price=Decimal("3.22"),
        unrealised_usd=Decimal("-24.00"),
        stop_price=None,
        target_price=None,
        opened_ns=now_ns - 95 * 60 * SECOND_NS,
        strategy="overnight_call",
    )
    proposal = ProposalView("20260826-seed7.s42", "overnight_call", "QQQ 1DTE 590C", NOON_NS + 48 * SECOND_NS)
    waiting = make_signal(
        now_ns=NOON_NS - 12 * SECOND_NS,
        signal_id=proposal.signal_id,
        label=proposal.label,
        accepted=False,
        code="awaiting_approval",
        text=f"waits until 12:46:48 for  alphatrader approve {proposal.signal_id}",
        strategy=proposal.strategy,
        mode="approve",
        stop_price=None,
        target_price=None,
    )
    shadow = make_signal(
        now_ns=NOON_NS - 31 * SECOND_NS,
        signal_id="20260826-seed7.s41",
        label="SPY 0DTE 650P",
        direction="bearish",
        accepted=False,
        code="shadow",
        text="shadow: 2 contracts, risk 91.00 USD (bound by risk budget), no order",
        strategy="gamma_pin",
        mode="shadow",
    )
    view = msgspec.structs.replace(
        view,
        positions=(*view.positions, overnight),
        unrealised_usd=view.unrealised_usd - Decimal("24.00"),
        signals=(waiting, shadow, *view.signals),
        strategies=make_strategies(),
        proposals=(proposal,),
        foreign=FOREIGN,
    )
    return msgspec.structs.replace(view, **changes)


FOREIGN = ForeignView(
    positions=(
        ForeignPositionView("SPY", 756_733_001, 100, Decimal("648.2000")),
        ForeignPositionView("IWM 20260918 240P", 756_912, -1, Decimal("2.1500")),
    ),
    realised_usd=Decimal("-35.00"),
    fees_usd=Decimal("1.30"),
)


def make_strategies() -> tuple[StrategyView, ...]:
    """One of each mode."""
    return (
        make_strategy("zero_dte", "on", "SPY", "QQQ"),
        make_strategy("overnight_call", "approve", "QQQ"),
        make_strategy("gamma_pin", "shadow"),
        make_strategy("fourteen_dte", "off"),
    )


def make_strategy(name: str, mode: str, *symbols: str) -> StrategyView:
    thoughts = (
        StrategySymbolView("SPY", 0.41, "score_low", "spread_wide", "spread 0.22 on a mid of 1.39", 12, 4, 1),
        StrategySymbolView("QQQ", -0.64, "ok", "cooldown", "41 s of cool-down are left", 7, 3, 1),
    )
    chosen = tuple(row for row in thoughts if row.symbol in (symbols or ("SPY",)))
    if mode == "shadow":  # it takes nothing
        chosen = tuple(msgspec.structs.replace(row, signals_accepted=0, open_trades=0) for row in chosen)
    return StrategyView(name, mode, 0.5, chosen)


FEEDS = (
    FeedView("SPY quote", "live", 40.0, 3_000.0, "L1 of the broker"),
    FeedView("SPY trade", "live", 120.0, 10_000.0, "tick-by-tick"),
    FeedView("SPY depth", "live", 60.0, 3_000.0, "10 rows"),
    FeedView("SPY chain", "live", 8_200.0, 60_000.0, "Alpha Vantage (simulated)"),
    FeedView("broker", "live", 310.0, 10_000.0, "TWS 176, client 11"),
    FeedView("redis", "live", 20.0, 2_000.0, "embedded"),
    FeedView("news", "off", None, None, "no key"),
)


def make_symbol(now_ns: int, step: int = 0, name: str = "SPY") -> SymbolView:
    """One underlying with 150 bars, ten levels a side and an exposure."""
    bars = make_bars(now_ns)
    last = round(bars[-1][4] + 0.01 * (step % 7), 2)
    noise = random.Random(step)
    levels = [float(noise.randint(2, 30) * 100) for _ in range(20)]
    return SymbolView(
        symbol=name,
        ts_ns=now_ns,
        bid=last - 0.01,
        ask=last + 0.01,
        last=last,
        metrics=METRICS,
        bids=tuple((round(last - 0.01 - 0.01 * i, 2), levels[i]) for i in range(10)),
        asks=tuple((round(last + 0.01 + 0.01 * i, 2), levels[10 + i]) for i in range(10)),
        trades=((now_ns, last, 200.0, 1),),
        bars=bars,
        exposure=make_exposure(now_ns, last),
        sentiment=(now_ns - 45 * SECOND_NS, 0.18, 14),
        technicals={"rsi": (now_ns - 20 * SECOND_NS, {"value": 56.2})},
    )


METRICS: dict[str, float | None] = {
    "vpin": 0.342,
    "vpin_cdf": 0.83,
    "vpin_buckets": 50.0,
    "ofi_10s": 1_200.0,
    "ofi_60s": 8_400.0,
    "ofi_60s_normalised": 0.37,
    "signed_volume_60s": -2_100.0,
    "volume_60s": 18_400.0,
    "obi_top": 0.44,
    "obi_weighted": -0.12,
    "unclassified_share": 0.06,
    "return_60s": 0.00042,
    "return_300s": -0.0011,
    "volatility_300s": 0.134,
    "vwap": 650.31,
    "session_high": 653.02,
    "session_low": 648.11,
    "session_volume": 4_120_500.0,
    "odd_lot_share": 0.31,
    "sweep_count_60s": 3.0,
    "block_count_60s": 1.0,
    "crossed": 0.0,
    "locked": 0.0,
    "depth_anomalies": 0.0,
}


def make_bars(now_ns: int) -> tuple[tuple[int, float, float, float, float, float], ...]:
    noise = random.Random(7)
    minute = 60 * SECOND_NS
    newest = now_ns - now_ns % minute
    price, bars = 650.0, []
    for index in range(150):
        start = newest - (149 - index) * minute
        close = price + noise.gauss(0.01, 0.16) + 0.1 * math.sin(index / 9)
        high = max(price, close) + abs(noise.gauss(0, 0.06))
        low = min(price, close) - abs(noise.gauss(0, 0.06))
        bars.append((start, round(price, 2), round(high, 2), round(low, 2), round(close, 2), noise.uniform(8e3, 4e4)))
        price = close
    return tuple(bars)


def make_exposure(now_ns: int, spot: float) -> ExposureView:
    noise = random.Random(11)
    rows = []
    for strike in range(int(spot) - 30, int(spot) + 31):
        near = math.exp(-(((strike - spot) / 9) ** 2))
        call = 4.2e8 * near * noise.uniform(0.2, 1.0) * (1.6 if strike > spot else 0.7)
        put = -3.8e8 * near * noise.uniform(0.2, 1.0) * (1.5 if strike < spot else 0.6)
        call_oi, put_oi = noise.randint(200, 9_000), noise.randint(200, 9_000)
        rows.append(StrikeView(float(strike), call, put, call + put, float(call_oi), float(put_oi), 0.14, 0.16))
    net = sum(row.net_gex for row in rows)
    return ExposureView(
        ts_ns=now_ns - 8 * SECOND_NS,
        source="alphavantage",
        open_interest_date="2026-08-25",
        spot=spot,
        gex_usd_per_pct=net,
        gex_usd_per_100pct=net * 100,
        dex_usd=3.1e9,
        dex_dealer_usd=4.4e9,
        vex_usd_per_vol_point=-2.2e7,
        chex_usd_per_day=5.1e6,
        call_wall=max(rows, key=lambda row: row.call_gex).strike,
        put_wall=min(rows, key=lambda row: row.put_gex).strike,
        max_pain=float(int(spot)),
        zero_gamma_interpolated=None,
        zero_gamma_flip=spot - 1.4,
        zero_gamma_flips=(spot - 1.4, spot + 41.0),
        rows_used=412,
        rows_dropped={"open_interest_below_min": 31, "no_gamma": 4},
        by_strike=tuple(rows),
    )


def make_position(now_ns: int, mark: Decimal, **changes: object) -> PositionView:
    position = PositionView(
        label="SPY 0DTE 651C",
        instrument_id=12,
        con_id=756_733,
        quantity=3,
        average_price=Decimal("1.38"),
        mark=mark,
        mark_ts_ns=now_ns - SECOND_NS // 5,
        unrealised_usd=(mark - Decimal("1.38")) * 300,
        stop_price=Decimal("1.04"),
        target_price=Decimal("1.93"),
        stop_resting=True,
        opened_ns=now_ns - 74 * SECOND_NS,
        strategy="zero_dte",
    )
    return msgspec.structs.replace(position, **changes)


REASONS = (
    ("order_flow", 0.37, 0.21, "buyers lifted 8,400 shares more than sellers hit in 60 s"),
    ("signed_volume", 0.22, 0.12, "61% of the classified volume was buyer-initiated"),
    ("momentum", 1.4, 0.16, "60-s return is 1.4 standard deviations"),
    ("book", -0.12, -0.03, "five levels lean to the ask"),
    ("long_gamma", 0.85, -0.06, "dealers are long gamma above 649.80: damped"),
)


def make_signal(now_ns: int, **changes: object) -> SignalView:
    signal = SignalView(
        ts_ns=now_ns,
        signal_id="20260826-seed7.s40",
        label="SPY 0DTE 651C",
        direction="bullish",
        score=0.71,
        entry_limit=Decimal("1.39"),
        stop_price=Decimal("1.04"),
        target_price=Decimal("1.93"),
        accepted=True,
        code="accepted",
        text="3 contracts, risk 99.60 USD, premium 417.00 USD (bound by risk budget)",
        reasons=REASONS,
        strategy="zero_dte",
    )
    return msgspec.structs.replace(signal, **changes)


def make_signals(now_ns: int) -> tuple[SignalView, ...]:
    verdicts = [
        (True, "accepted", "3 contracts, risk 99.60 USD, premium 417.00 USD (bound by risk budget)"),
        (False, "spread_wide", "spread 0.22 on a mid of 1.39"),
        (False, "claim_refused", "its claim was refused a moment ago"),
        (True, "accepted", "3 contracts, risk 88.20 USD, premium 402.00 USD (bound by risk budget)"),
        (False, "price_moved", "its ask moved by +14% since it was proposed, the limit is 10%"),
    ]
    return tuple(
        make_signal(
            now_ns - index * 71 * SECOND_NS - (now_ns % SECOND_NS),
            signal_id=f"20260826-seed7.s{40 - index}",
            label="SPY 0DTE 651C" if index % 2 == 0 else "SPY 0DTE 649P",
            direction="bullish" if index % 2 == 0 else "bearish",
            score=0.71 - 0.03 * index,
            accepted=accepted,
            code=code,
            text=text,
        )
        for index, (accepted, code, text) in enumerate(verdicts)
    )


def make_notices(now_ns: int) -> tuple[NoticeView, ...]:
    rows = [
        ("good", "fill.own", "bought 3 SPY 0DTE 651C at 1.38 (mid 1.375)"),
        ("info", "stop.resting", "SPY 0DTE 651C: the stop at 1.04 rests at the broker"),
        ("warning", "feed.silent", "SPY depth was silent for 3.2 s: entries paused"),
        ("good", "feed.back", "SPY depth is back: entries possible again"),
        ("error", "order.error", "order 1041 was rejected by the broker: 201 margin"),
        ("info", "warm-up.done", "812,450 past prints went through the engine; decisions are live"),
    ]
    return tuple(
        NoticeView(NOON_NS - index * 37 * SECOND_NS, level, code.partition(".")[0], text, code)  # type: ignore[arg-type]
        for index, (level, code, text) in enumerate(rows)
    )
