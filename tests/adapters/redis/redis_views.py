"""An engine view with something in every part."""

from decimal import Decimal

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

NOW_NS = 1_761_667_200_000_000_001
EXACT_NS = NOW_NS - 1
"""A float holds it, as it holds every multiple of 256 ns of these days."""


def exposure(*, volume: float | None = 1_500.0) -> ExposureView:
    strikes = tuple(StrikeView(650.0 + n, 1e8, -9e7, 1e7, 1_000.0, 900.0, 0.12, 0.13, volume, 300.0) for n in range(3))
    return ExposureView(
        ts_ns=NOW_NS - 5_000_000_000,
        source="alphavantage",
        open_interest_date="2025-10-27",
        spot=650.5,
        gex_usd_per_pct=3e7,
        gex_usd_per_100pct=3e9,
        dex_usd=1e9,
        dex_dealer_usd=2e9,
        vex_usd_per_vol_point=1e6,
        chex_usd_per_day=-2e6,
        call_wall=652.0,
        put_wall=650.0,
        max_pain=651.0,
        zero_gamma_interpolated=649.2,
        zero_gamma_flip=None,
        zero_gamma_flips=(),
        rows_used=6,
        rows_dropped={"expired": 2},
        by_strike=strikes,
    )


def symbol_view(symbol: str = "SPY", *, chain: ExposureView | None = None) -> SymbolView:
    return SymbolView(
        symbol=symbol,
        ts_ns=NOW_NS - 1_000,
        bid=650.49,
        ask=650.51,
        last=650.5,
        metrics={
            "vpin": 0.31,
            "obi_top": -0.2,
            "return_60s": None,
            "volume_60s": 3_000.0,
            "depth_ts_ns": EXACT_NS - 2_048,
            "trade_ts_ns": EXACT_NS - 3_072,
            "quote_ts_ns": EXACT_NS - 1_024,
        },
        bids=((650.49, 300.0), (650.48, 100.0)),
        asks=((650.51, 200.0),),
        trades=((NOW_NS - 3_000, 650.5, 100.0, 1),),
        bars=((NOW_NS - 120, 1.0, 2.0, 0.5, 1.5, 1_000.0), (NOW_NS - 60, 1.0, 2.0, 0.5, 1.5, 500.0)),
        exposure=chain if chain is not None else exposure(),
        sentiment=(NOW_NS - 9_000, 0.2, 14),
        technicals={"RSI": (NOW_NS - 8_000, {"RSI": 61.2})},
    )


def signal_view(number: int) -> SignalView:
    return SignalView(
        ts_ns=NOW_NS + number,
        signal_id=f"r.s{number}",
        label="SPY 0DTE 651C",
        direction="bullish",
        score=0.61,
        entry_limit=Decimal("1.05"),
        stop_price=Decimal("0.80"),
        target_price=Decimal("1.45"),
        accepted=True,
        code="",
        text="",
        reasons=(("flow", 0.7, 0.3, "buyers lift offers"),),
        strategy="zero_dte",
        mode="approve",
    )


def notice_view(number: int) -> NoticeView:
    return NoticeView(NOW_NS + number, "info", "signal", f"notice {number}", "signal.made")


STRATEGIES = (
    StrategyView(
        "zero_dte",
        "on",
        0.5,
        (
            StrategySymbolView("SPY", -0.62, "ok", "cooldown", "41 s of cool-down are left", 7, 3, 1),
            StrategySymbolView("QQQ", 0.0, "no_data", "", "", 0, 0, 0),
        ),
    ),
    StrategyView("overnight_call", "approve", 1.0, (StrategySymbolView("SPY", 0.0, "", "", "", 0, 0, 0),)),
)
PROPOSAL = ProposalView("run-1.s9", "overnight_call", "SPY 1DTE 652C", NOW_NS + 60_000_000_000)
FOREIGN = ForeignView((ForeignPositionView("SPY", 756, 100, Decimal("648.2000")),), Decimal("-35.00"), Decimal("1.30"))


def engine_view(*, number: int = 3, ts_ns: int = NOW_NS, symbols: tuple[str, ...] = ("SPY",)) -> EngineView:
    position = PositionView(
        label="SPY 0DTE 651C",
        instrument_id=7,
        con_id=70,
        quantity=2,
        average_price=Decimal("1.05"),
        mark=Decimal("1.10"),
        mark_ts_ns=NOW_NS,
        unrealised_usd=Decimal("10.00"),
        stop_price=Decimal("0.80"),
        target_price=Decimal("1.45"),
        stop_resting=True,
        opened_ns=NOW_NS - 60,
        strategy="zero_dte",
    )
    return EngineView(
        ts_ns=ts_ns,
        run_id="run-1",
        build="b",
        mode="paper",
        simulated=True,
        market_label="SIMULATED MARKET (seed 7)",
        time_scale=1.0,
        session_date="2025-10-28",
        session_open_ns=0,
        session_close_ns=1,
        warming_up=False,
        trading_state="ACTIVE",
        state_reason="",
        entries_paused=(),
        feeds=(FeedView("broker", "live", 40.0, None, "server version 176"),),
        symbols=tuple(symbol_view(symbol) for symbol in symbols),
        positions=(position,),
        signals=tuple(signal_view(n) for n in reversed(range(number))),
        notices=tuple(notice_view(n) for n in reversed(range(number))),
        realised_usd=Decimal("12.30"),
        unrealised_usd=Decimal("10.00"),
        fees_usd=Decimal("1.40"),
        account={"NetLiquidation": 100_000.0},
        counters={"signals": 3},
        open_orders=1,
        strategies=STRATEGIES,
        proposals=(PROPOSAL,),
        foreign=FOREIGN,
    )
