"""Narrow situations in which a position could be sold twice, lose its stop, or be forgotten."""

import asyncio
from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg, OpenOrder, OrderIntent, PositionRow
from alphatrader.engine.commands import CancelOrder, Command, RepriceOrder, ResizeOrder, SubmitIntent
from alphatrader.engine.runner import Runner
from alphatrader.engine.workers import Ports
from alphatrader.strategies.zero_dte import ZeroDte


def holding(*, stop: str = "PreSubmitted", target: str = "PreSubmitted") -> tuple[EngineBench, OrderIntent, int]:
    """A bench that holds a position bought by a bracket, its exits in the given states."""
    bench = EngineBench().ready()
    intent = bench.entered()
    bench.report(intent, Leg.ENTRY, "Submitted")
    bench.report(intent, Leg.STOP, stop)
    bench.report(intent, Leg.TARGET, target)
    quantity = intent.tickets[0].quantity
    bench.fill(intent, Leg.ENTRY, quantity, "1.60")
    bench.snapshot()
    return bench, intent, quantity


def flatten(bench: EngineBench) -> list[Command]:
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="flatten", actor="t", reason="test"))
    return bench.decide()


def submits(commands: list[Command]) -> list[OrderIntent]:
    return [c.approved.value for c in commands if isinstance(c, SubmitIntent)]


def test_a_closing_order_that_waits_to_be_sent_is_not_made_twice() -> None:
    bench, _, quantity = holding(stop="Cancelled", target="Cancelled")
    (close,) = submits(flatten(bench))
    assert close.tickets[0].quantity == quantity
    for _ in range(8):
        bench.advance(4).quotes()
        assert submits(bench.decide()) == [], "the first is still on its way"


def test_an_exit_waits_until_the_rest_of_the_entry_is_gone_and_sells_what_is_held() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    for leg, status in ((Leg.ENTRY, "Submitted"), (Leg.STOP, "PreSubmitted"), (Leg.TARGET, "PreSubmitted")):
        bench.report(intent, leg, status)
    bench.fill(intent, Leg.ENTRY, 1, "1.60")
    commands = flatten(bench)
    entry_id = intent.tickets[0].order_id
    assert entry_id in {c.order_id for c in bench.commands if isinstance(c, CancelOrder)}
    assert not any(isinstance(c, RepriceOrder) for c in commands)
    bench.report(intent, Leg.ENTRY, "Cancelled")
    (resize,) = [c for c in bench.advance(0.2).decide() if isinstance(c, ResizeOrder)]
    assert (resize.order_id, resize.quantity) == (intent.tickets[2].order_id, 1)


@pytest.mark.parametrize("lost", ["journal", "reconciliation"])
def test_the_stop_stays_where_no_closing_order_could_follow(lost: str) -> None:
    bench, intent, _ = holding(target="Inactive")
    if lost == "journal":
        bench.post(ev.JournalChanged(ts_ns=bench.now_ns, up=False, reason="disk full"))
    else:
        bench.snapshot(complete=False)
    commands = flatten(bench) + bench.advance(6).quotes().decide()
    assert intent.tickets[1].order_id not in {c.order_id for c in commands if isinstance(c, CancelOrder)}


def test_a_dead_order_that_works_at_the_broker_is_cancelled_and_blocks_entries() -> None:
    bench = EngineBench().ready()
    intent = bench.entered()
    for leg in (Leg.ENTRY, Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    commands = bench.report(intent, Leg.ENTRY, "Submitted")
    assert [c.order_id for c in commands if isinstance(c, CancelOrder)] == [intent.tickets[0].order_id]
    assert "revived_order" in {d.code for d in bench.engine.ground.blocks("SPY")}
    bench.report(intent, Leg.ENTRY, "Cancelled")
    assert "revived_order" not in {d.code for d in bench.engine.ground.blocks("SPY")}


def test_a_disputed_position_keeps_its_exits_and_settles_no_order() -> None:
    """The entry filled, but nobody told us: the exits that the broker holds are the position's only protection."""
    bench = EngineBench().ready()
    intent = bench.entered()
    listed = tuple(
        OpenOrder(t.order_id, 9_000 + t.order_id, 1, intent.con_id, "SELL", t.quantity, t.order_type, "PreSubmitted",
                  intent.order_ref(t))
        for t in intent.tickets[1:]
    )  # fmt: skip
    position = (PositionRow("DU1", intent.con_id, "SPY", intent.tickets[0].quantity, Decimal(160)),)
    for _ in range(4):
        bench.advance(11).quotes()
        snapshot = BrokerSnapshot(position, listed, (), complete=True)
        commands = bench.post(ev.SnapshotReceived(ts_ns=bench.now_ns, snapshot=snapshot)) + bench.decide()
        cancelled = {c.order_id for c in commands if isinstance(c, CancelOrder)}
        assert cancelled.isdisjoint({t.order_id for t in intent.tickets[1:]})
    assert not bench.engine.book.orders[intent.tickets[0].order_id].dead
    assert "position_mismatch" in {d.code for d in bench.engine.ground.blocks("SPY")}


def test_an_order_of_another_client_with_our_number_is_not_ours() -> None:
    bench, intent, _ = holding()
    stop = intent.tickets[1]
    stranger = OpenOrder(stop.order_id, 77, 9, intent.con_id, "SELL", 1, "STP", "Cancelled", "")
    bench.post(ev.OrderReported(ts_ns=bench.now_ns, order=stranger, average_price=Decimal(0)))
    assert bench.engine.book.trades[intent.intent_id].stop_resting()


def test_a_broken_data_farm_does_not_hold_back_a_flatten() -> None:
    bench, _, _ = holding(stop="Cancelled", target="Cancelled")
    bench.post(ev.LinkChanged(ts_ns=bench.now_ns, healthy=False, code=2103, text="farm down", orders_possible=True))
    assert submits(flatten(bench))
    assert "link_down" in {d.code for d in bench.engine.ground.blocks("SPY")}


def test_an_error_in_a_strategy_does_not_cost_an_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, intent, _ = holding()
    monkeypatch.setattr(ZeroDte, "assess", lambda self, view: 1 / 0)
    commands = flatten(bench)
    assert [c.order_id for c in commands if isinstance(c, RepriceOrder)] == [intent.tickets[2].order_id]
    assert "internal error" in bench.engine.state.state_reason


def test_a_position_without_a_bid_is_flattened_at_any_price_after_a_while() -> None:
    bench, intent, _ = holding()
    bench.engine.state.market.quote(bench.now_ns, intent.instrument_id, float("nan"), 0, 0.05, 10)
    assert not any(isinstance(c, RepriceOrder) for c in flatten(bench))
    (reprice,) = [c for c in bench.advance(11).decide() if isinstance(c, RepriceOrder)]
    assert reprice.limit_price == Decimal("0.01")


def test_a_reprice_that_was_lost_is_sent_again() -> None:
    bench, _, _ = holding()
    (first,) = [c for c in flatten(bench) if isinstance(c, RepriceOrder)]
    (again,) = [c for c in bench.advance(4).decide() if isinstance(c, RepriceOrder)]
    assert again.limit_price == first.limit_price, "the broker has not confirmed it"


def test_a_vanished_bid_prices_no_entry() -> None:
    bench = EngineBench().ready().flow()
    bench.decide()
    number = next(iter(bench.engine.entries._pending.values())).instrument_id
    bench.engine.state.market.quote(bench.now_ns, number, float("nan"), 40, 1.60, 40)
    assert submits(bench.claim()) == []
    assert bench.engine.entries.refusals.blocked["one_sided"] == 1


def test_a_fill_found_after_a_restart_counts_its_age_from_the_fill() -> None:
    bench, intent, quantity = holding()
    bought = bench.engine.book.trades[intent.intent_id].opened_ns
    bench.advance(50)
    late = Execution("x.1.01", intent.tickets[0].order_id, 0, intent.con_id, "BUY", quantity, Decimal("1.60"), bought)
    bench.post(ev.ExecutionReported(ts_ns=bench.now_ns, execution=late))
    assert bench.engine.book.trades[intent.intent_id].opened_ns == bought


class HaltsWhileJournaling:
    """A journal whose write lasts long enough for a person to press HALT."""

    def __init__(self) -> None:
        self.runner: Runner | None = None

    def append(self, record: object) -> None:
        """Facts are not looked at here."""

    async def append_durable(self, record: object) -> None:
        assert self.runner is not None
        halt = ev.OperatorCommand(ts_ns=self.runner.now_ns(), action="halt", actor="t", reason="stop now")
        self.runner.post(halt)

    async def check_epoch(self) -> None:
        """Ours still."""


class Counter:
    """Counts what reaches the broker; every other port stays silent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def append(self, row: object) -> None:
        """The recorder."""

    def append_rows(self, first_seq: int, ts_ns: int, rows: object) -> None:
        """The recorder."""

    async def submit(self, approved: object) -> None:
        self.sent.append("submit")

    async def cancel(self, order_id: int) -> None:
        """Nothing to cancel."""


class BenchClock:
    time_scale = 1.0

    def __init__(self, bench: EngineBench) -> None:
        self.bench = bench

    def now_ns(self) -> int:
        return self.bench.now_ns


async def test_nothing_is_opened_after_a_halt_that_came_during_the_journals_write() -> None:
    bench = EngineBench().ready().flow()
    bench.decide()
    (submit,) = [c for c in bench.claim() if isinstance(c, SubmitIntent)]
    runner = Runner(bench.engine, BenchClock(bench), lambda notice: None)
    journal, outside = HaltsWhileJournaling(), Counter()
    journal.runner = runner
    ports = Ports(journal, outside, outside, outside, outside)  # type: ignore[arg-type]
    runner.perform(submit)
    worker = asyncio.ensure_future(runner.work(ports))
    assert await runner.wait_until(lambda: bool(bench.engine.book.trades[submit.approved.value.intent_id].closed_ns), 5)
    worker.cancel()
    assert outside.sent == []
