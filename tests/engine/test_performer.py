"""The performer: lines are told and journaled with their codes, and a terminal that fails costs nothing."""

import errno
from collections.abc import Callable

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.ports import MemoryPorts
from tests.doubles.sink import RecordingSink

from alphatrader.domain.records import NoticeRecord, OperatorRecord
from alphatrader.domain.view import NoticeView
from alphatrader.engine.commands import ClaimSignal, Notify, WriteRecord
from alphatrader.engine.performer import Performer

LINE = Notify("warning", "feed.silent", "SPY quotes silent for 4.0 s")
RECORD = OperatorRecord("halt", "ann", "drill", 1)


class Desk:
    """A performer, its ports in memory, and what people were told."""

    def __init__(self, on_notice: Callable[[NoticeView], None] | None = None) -> None:
        self.bench = EngineBench(armed_settings()).ready()
        self.told: list[NoticeView] = []
        self.ports = MemoryPorts()
        self.performer = Performer(self.bench.engine, RecordingSink(), on_notice or self.told.append)
        self.performer.ports = self.ports


def test_a_line_is_told_kept_and_journaled_with_its_code() -> None:
    desk = Desk()
    desk.performer.perform(LINE, 0)
    (notice,) = desk.told
    assert (notice.level, notice.code, notice.topic, notice.text) == ("warning", "feed.silent", "feed", LINE.text)
    assert list(desk.performer.notices) == [notice]
    assert desk.ports.journal.records == [NoticeRecord(notice.ts_ns, "warning", "feed.silent", LINE.text)]


def test_the_newest_hundred_lines_are_kept_newest_first() -> None:
    desk = Desk()
    for number in range(120):
        desk.performer.notify(Notify("info", "feed.back", str(number)))
    assert [notice.text for notice in desk.performer.notices] == [str(number) for number in range(119, 19, -1)]
    assert len(desk.ports.journal.records) == 120


def test_before_the_ports_are_there_lines_are_told_all_the_same() -> None:
    desk = Desk()
    desk.performer.ports = None
    desk.performer.perform(LINE, 0)
    desk.performer.perform(WriteRecord(RECORD), 0)
    assert [notice.code for notice in desk.told] == ["feed.silent"]


def test_records_go_to_the_journal_in_order() -> None:
    desk = Desk()
    desk.performer.perform(WriteRecord(RECORD), 0)
    desk.performer.perform(LINE, 0)
    assert [type(record) for record in desk.ports.journal.records] == [OperatorRecord, NoticeRecord]


@pytest.mark.parametrize(
    "error",
    [
        BrokenPipeError(errno.EPIPE, "the terminal was closed"),
        OSError(errno.ENOSPC, "the disk behind the redirection is full"),
        UnicodeEncodeError("latin-1", "→", 0, 1, "ordinal not in range(256)"),
        ValueError("I/O operation on closed file"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_terminal_that_fails_costs_nothing(error: Exception) -> None:
    def fail(_: NoticeView) -> None:
        raise error

    desk = Desk(fail)
    for command in (LINE, WriteRecord(RECORD)):
        desk.performer.perform(command, 0)
    assert [type(record) for record in desk.ports.journal.records] == [NoticeRecord, OperatorRecord]
    assert [notice.code for notice in desk.performer.notices] == ["feed.silent"]


def test_from_tick_to_order_is_measured_for_every_signal_that_is_under_way() -> None:
    """Two underlyings may each have a claim out at once."""
    desk = Desk()
    settings = armed_settings(("SPY", "QQQ"), changes={"risk": {"max_open_positions": 5}})
    bench = EngineBench(settings).ready().arm("armed")
    bench.look()
    performer = Performer(bench.engine, RecordingSink(), desk.told.append)
    claims = bench.of(ClaimSignal)
    assert len(claims) == 2
    for claim in claims:
        performer.perform(claim, 1)
    intents = [bench.sent(bench.claim_of(claim)) for claim in claims]
    for intent in intents:
        performer.measure_order(intent.intent_id)
        performer.measure_order(intent.intent_id)  # of a family each order is told of
    assert performer.tick_to_signal.percentiles().count == 2
    assert performer.tick_to_order.percentiles().count == 2


def test_an_order_of_no_signal_is_not_measured() -> None:
    desk = Desk()
    desk.performer.measure_order("t.99")
    assert desk.performer.tick_to_order.percentiles().count == 0
