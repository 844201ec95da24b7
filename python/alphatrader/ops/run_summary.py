"""``summary.json`` and the journal's record of it: how a session of the trader ended, in numbers to be checked."""

from decimal import Decimal

from msgspec import Struct


class LatencySummary(Struct, frozen=True):
    """Wall milliseconds from the newest tick to a signal and to its order being out. Null unless the speed is 1."""

    tick_to_signal_p50_ms: float | None
    tick_to_signal_p99_ms: float | None
    tick_to_order_p50_ms: float | None
    tick_to_order_p99_ms: float | None
    samples: int


class PositionSummary(Struct, frozen=True):
    """A position on both sides."""

    con_id: int
    ours: int
    gateway: int


class RunSummary(Struct, frozen=True):
    """One start. Null is what is not known: of a start that was killed, all that the journal does not say."""

    run_id: str
    mode: str
    market: str
    seed: int
    speed: float
    session_date: str
    wall_s: float | None
    events: int | None
    signals: int
    signals_accepted: int
    blocked: dict[str, int]
    orders: int
    fills: int
    realised_pnl_usd: Decimal | None
    unrealised_pnl_usd: Decimal | None
    fees_usd: Decimal | None
    net_pnl_usd: Decimal | None
    latency: LatencySummary
    open_orders: int | None
    positions: list[PositionSummary]
    positions_match: bool | None
    outputs_sha256: str
    clean: bool
    stopped_because: str
    killed: bool = False
    """It did not come to its end: written by the next start."""
