"""The summary's figures are those of the view, its positions those of both sides."""

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain.orders import BrokerSnapshot, PositionRow
from alphatrader.engine.latency import LatencyMeter
from alphatrader.engine.view import build_view
from alphatrader.trader.summary import build_summary


class Runner:
    """What the summary reads of a runner."""

    def __init__(self, bench: EngineBench) -> None:
        self.engine = bench.engine
        self.events = 1234
        self.broker_errors: Counter[int] = Counter()
        self.tick_to_signal, self.tick_to_order = LatencyMeter(), LatencyMeter()


def summarise(bench: EngineBench, snapshot: BrokerSnapshot | None, **changes: Any) -> Any:
    runner: Any = Runner(bench)
    view = build_view(bench.engine, [], [], "SIMULATED MARKET (seed 7)", bench.now_ns)
    values = {"wall_s": 12.34, "snapshot": snapshot, "digest": "ab", "clean": True, "stopped_because": "x"}
    return build_summary(runner, view, **(values | changes))


def test_a_flat_session() -> None:
    bench = EngineBench(armed_settings()).ready()
    found = summarise(bench, BrokerSnapshot((), (), (), complete=True))
    assert (found.events, found.wall_s, found.market) == (1234, 12.3, "SIMULATED MARKET (seed 7)")
    assert (found.signals, found.fills, found.net_pnl_usd) == (0, 0, Decimal(0))
    assert (found.positions, found.positions_match, found.open_orders) == ([], True, 0)
    assert not found.killed


def test_positions_stand_on_both_sides_and_a_stranger_is_seen() -> None:
    bench = EngineBench(armed_settings()).ready()
    rows = (PositionRow("DU1", 4711, "SPY", 3, Decimal(100)),)
    found = summarise(bench, BrokerSnapshot(rows, (), (), complete=True))
    assert [(p.con_id, p.ours, p.gateway) for p in found.positions] == [(4711, 0, 3)]
    assert found.positions_match is False


def test_what_the_broker_did_not_tell_is_null() -> None:
    bench = EngineBench(armed_settings()).ready()
    silent = summarise(bench, None)
    assert (silent.positions, silent.positions_match, silent.open_orders) == ([], None, None)
    partial = summarise(bench, BrokerSnapshot((), (), (), complete=False))
    assert (partial.positions_match, partial.open_orders) == (None, None)
