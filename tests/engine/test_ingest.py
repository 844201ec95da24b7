"""Ingest: everything is applied and recorded in the order in which it was heard; what is held back loses no place."""

from collections.abc import Callable
from decimal import Decimal

from tests.doubles.clocks import HandClock
from tests.doubles.engine_market import SPY
from tests.doubles.ports import MemoryLog

from alphatrader import _core
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, DEPTH, DEPTH_RESET, QUOTE, TRADE
from alphatrader.engine.cadence import Cadence
from alphatrader.engine.commands import Command
from alphatrader.engine.engine import Engine
from alphatrader.engine.ingest import Ingest
from alphatrader.engine.settings import EngineSettings

S = 1_000_000_000


class Desk:
    """An ingest with everything around it in hand."""

    def __init__(self) -> None:
        self.engine = Engine(EngineSettings())
        self.clock = HandClock()
        self.commands: list[Command] = []
        self.told: list[int] = []
        cadence = Cadence(EngineSettings().decisions, 1.0)
        self.ingest = Ingest(self.engine, self.clock, cadence, lambda c, _: self.commands.append(c), self.told.append)
        self.ingest.log = self.log = MemoryLog()
        self.ingest.post(ev.InstrumentAdded(ts_ns=self.clock.ns, instrument=SPY))

    @property
    def kinds(self) -> list[int]:
        return [row[2] for row in self.log.rows]

    @property
    def mid(self) -> float | None:
        return self.engine.state.market.mid(1)


def chunk() -> _core.MarketRows:
    """Rows of one network chunk."""
    feed = _core.MarketFeed()
    feed.open(7, 1, "quote")
    feed.price_size(7, 1, 649.5, 300)
    feed.price_size(7, 2, 650.5, 200)
    feed.flush()
    rows = feed.take()
    assert rows is not None
    return rows


EVERY: tuple[tuple[int, Callable[[Ingest], None]], ...] = (
    (TRADE, lambda ingest: ingest.trade(1, 650.0, 100, "ARCA", "")),
    (QUOTE, lambda ingest: ingest.quote(1, 649.9, 100, 650.1, 200)),
    (DEPTH, lambda ingest: ingest.depth(1, 0, 1, 0, 649.9, 100, "ARCA")),
    (DEPTH_RESET, lambda ingest: ingest.depth_reset(1)),
)


def test_rows_and_events_are_recorded_in_the_order_in_which_they_were_heard() -> None:
    desk = Desk()
    for _, hear in EVERY:
        desk.clock.advance(1)
        hear(desk.ingest)
    desk.ingest.post(ev.StoreChanged(ts_ns=desk.ingest.now_ns(), up=True, reason="test"))
    assert desk.kinds == [CONTROL, TRADE, QUOTE, DEPTH, DEPTH_RESET, CONTROL]
    assert [row[0] for row in desk.log.rows] == list(range(6)), "numbered without a hole"
    assert [row[1] for row in desk.log.rows] == sorted(row[1] for row in desk.log.rows)
    assert desk.ingest.events == 6


def test_a_row_is_in_the_market_when_it_has_been_heard() -> None:
    desk = Desk()
    desk.ingest.quote(1, 649.9, 100, 650.1, 200)
    assert desk.mid == 650.0
    assert desk.told == [desk.clock.ns]


def test_rows_of_a_chunk_are_applied_at_one_time_and_numbered_on() -> None:
    desk = Desk()
    rows = chunk()
    desk.ingest.market_rows(rows)
    assert desk.mid == 650.0
    assert desk.log.chunks == [(1, desk.clock.ns, len(rows))]
    assert desk.ingest.events == 1 + len(rows)


def test_what_the_engine_wants_is_performed_at_once() -> None:
    desk = Desk()
    desk.ingest.post(ev.LinkChanged(ts_ns=desk.clock.ns, healthy=True, code=0, text="up"))
    assert [type(command).__name__ for command in desk.commands] == ["Notify", "Reconcile"]


def test_time_never_goes_back() -> None:
    desk = Desk()
    desk.ingest.quote(1, 649.9, 100, 650.1, 200)
    desk.clock.advance(-5)
    desk.ingest.quote(1, 649.8, 100, 650.0, 200)
    assert desk.log.rows[-1][1] == desk.log.rows[-2][1]


def test_while_held_back_rows_change_nothing_and_come_later_in_order_with_their_times() -> None:
    desk = Desk()
    desk.ingest.hold_live_rows()
    for _, hear in EVERY:
        desk.clock.advance(1)
        hear(desk.ingest)
    heard_ns = desk.clock.ns
    desk.ingest.market_rows(chunk())
    assert (desk.mid, desk.kinds, desk.told) == (None, [CONTROL], [])
    desk.clock.advance(60)
    desk.ingest.release_live_rows()
    assert desk.kinds == [CONTROL, *(kind for kind, _ in EVERY)]
    assert [row[1] for row in desk.log.rows[1:]] == [heard_ns - (3 - n) * S for n in range(4)]
    assert desk.log.chunks[0][1] == heard_ns
    assert desk.mid == 650.0
    assert not desk.ingest.holding


def test_history_goes_past_what_is_held_back() -> None:
    desk = Desk()
    desk.ingest.hold_live_rows()
    desk.ingest.trade(1, 651.0, 100, "ARCA", "")
    past_ns = desk.clock.ns - 600 * S
    for second in range(3):
        desk.ingest.trade(1, 640.0 + second, 100, "ARCA", "", ts_ns=past_ns + second * S)
    desk.ingest.release_live_rows()
    prints = [(row[1], row[7]) for row in desk.log.rows if row[2] == TRADE]
    assert prints == [*((past_ns + n * S, 640.0 + n) for n in range(3)), (desk.clock.ns, 651.0)]


def test_history_is_looked_at_in_its_own_time_before_each_print() -> None:
    desk = Desk()
    past_ns = desk.clock.ns - 600 * S
    for tenth in range(25):
        desk.ingest.trade(1, 640.0, 100, "ARCA", "", ts_ns=past_ns + tenth * S // 10)
    looks = [ev.decode_event(row[13]) for row in desk.log.rows[1:] if row[2] == CONTROL]
    assert [look.ts_ns - past_ns for look in looks] == [0, S, 2 * S]
    assert all(isinstance(look, ev.DecisionTimer) for look in looks)


def test_control_events_are_never_held_back() -> None:
    desk = Desk()
    desk.ingest.hold_live_rows()
    desk.ingest.post(ev.StoreChanged(ts_ns=desk.clock.ns, up=True, reason="test"))
    assert desk.engine.state.services.store_up


def test_a_recorded_event_is_the_event() -> None:
    desk = Desk()
    event = ev.CommissionReported(ts_ns=desk.clock.ns, exec_id="x.1", commission=Decimal("1.05"), currency="USD")
    desk.ingest.post(event)
    assert ev.decode_event(desk.log.rows[-1][13]) == event


def test_after_the_close_nothing_is_heard() -> None:
    desk = Desk()
    desk.ingest.close()
    for _, hear in EVERY:
        hear(desk.ingest)
    desk.ingest.market_rows(chunk())
    desk.ingest.post(ev.StoreChanged(ts_ns=desk.clock.ns, up=True, reason="late"))
    assert desk.ingest.events == 1
    assert not desk.engine.state.services.store_up


def test_errors_of_orders_are_counted_by_their_code() -> None:
    desk = Desk()
    for code in (201, 201, 399):
        desk.ingest.post(ev.OrderErrored(ts_ns=desk.clock.ns, order_id=1, code=code, text="no"))
    assert dict(desk.ingest.broker_errors) == {201: 2, 399: 1}
