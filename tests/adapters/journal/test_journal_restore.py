from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.journal.journal_records import DAY_NS, NOON_NS, SESSION, fill, intent, order, signal, stage

from alphatrader.adapters.journal import SqliteJournal, schema
from alphatrader.adapters.journal.restore import restore_state
from alphatrader.adapters.journal.rows import encode_row
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import (
    CommissionRecord,
    IntentRecord,
    IntentStage,
    OpenIntent,
    RestoredState,
    StateRecord,
)
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.execution.tracking import OrderState

Opened = Callable[..., SqliteJournal]


async def test_a_new_journal_restores_nothing(opened: Opened) -> None:
    assert opened().restore(SESSION) == RestoredState()


async def test_the_state_and_its_reason_survive(opened: Opened) -> None:
    journal = opened()
    journal.append(StateRecord(StateChange(TradingState.HALTED, "a", "first", NOON_NS)))
    await journal.append_durable(StateRecord(StateChange(TradingState.REDUCING, "b", "second", NOON_NS)))
    await journal.close()
    restored = opened().restore(SESSION)
    assert (restored.trading_state, restored.state_reason) == (TradingState.REDUCING, "second")


async def test_intents_are_told_until_they_end(opened: Opened) -> None:
    journal = opened()
    for intent_id, stages in {
        "intended": [IntentStage.INTENDED],
        "sent": [IntentStage.INTENDED, IntentStage.SENT],
        "closed": [IntentStage.INTENDED, IntentStage.SENT, IntentStage.CLOSED],
        "never": [IntentStage.INTENDED, IntentStage.NOT_SENT],
        "found after all": [IntentStage.INTENDED, IntentStage.NOT_SENT, IntentStage.SENT],
    }.items():
        for reached in stages:
            await journal.append_durable(stage(intent_id, reached))
    assert journal.restore(SESSION).intents == (
        OpenIntent(intent("intended"), IntentStage.INTENDED),
        OpenIntent(intent("sent"), IntentStage.SENT),
        OpenIntent(intent("found after all"), IntentStage.SENT),
    )


async def test_the_highest_order_id_counts_tickets_and_orders(opened: Opened) -> None:
    journal = opened()
    await journal.append_durable(stage("i", IntentStage.NOT_SENT, first_order_id=40))
    assert journal.restore(SESSION).max_order_id == 41
    await journal.append_durable(order(77, "UNKNOWN"))
    assert journal.restore(SESSION).max_order_id == 77


async def test_a_contract_is_told_wholly_or_not_at_all(opened: Opened) -> None:
    journal = opened()
    earlier = NOON_NS - 3 * DAY_NS
    long_flat = [fill("a.01", "BUY", 2, 1, earlier, "x"), fill("b.01", "SELL", 2, 1, earlier, "x")]
    still_open = [fill("c.01", "BUY", 2, 2, earlier, "x"), fill("d.01", "SELL", 1, 2, earlier, "x")]
    flat_today = [fill("e.01", "BUY", 1, 3, earlier, "x"), fill("f.01", "SELL", 1, 3, NOON_NS, "x")]
    open_intent = [fill("g.01", "BUY", 1, 4, earlier, "open"), fill("h.01", "SELL", 1, 4, earlier, "open")]
    corrected = [fill("k.01", "BUY", 2, 5, earlier, "x"), fill("k.02", "BUY", 1, 5, earlier, "x")]
    corrected.append(fill("l.01", "SELL", 1, 5, earlier, "x"))  # flat only if the correction counts
    for record in (*long_flat, *still_open, *flat_today, *open_intent, *corrected):
        journal.append(record)
        journal.append(CommissionRecord(record.execution.exec_id, Decimal("9"), "USD", NOON_NS))
        journal.append(CommissionRecord(record.execution.exec_id, Decimal("0.65"), "USD", NOON_NS))
    await journal.append_durable(stage("open", IntentStage.SENT))
    restored = journal.restore(SESSION)
    told = {execution.exec_id for execution in restored.executions}
    assert told == {"c.01", "d.01", "e.01", "f.01", "g.01", "h.01"}
    assert dict(restored.commissions) == dict.fromkeys(told, Decimal("0.65"))


async def test_fingerprints_are_those_of_accepted_signals_that_can_still_live(opened: Opened) -> None:
    journal = opened()
    journal.append(signal("today"))
    journal.append(signal("window", expires_ns=NOON_NS - DAY_NS, dedupe_until_ns=NOON_NS + 300))
    journal.append(signal("refused", accepted=False))
    journal.append(signal("tomorrow", expires_ns=NOON_NS + DAY_NS))
    await journal.append_durable(signal("yesterday", expires_ns=NOON_NS - DAY_NS))
    assert dict(journal.restore(SESSION).fingerprints) == {
        "SPY|today": NOON_NS + 10,
        "SPY|window": NOON_NS + 300,
        "SPY|tomorrow": NOON_NS + DAY_NS,
    }


async def test_executions_are_ours_if_they_belong_to_an_intent(opened: Opened) -> None:
    journal = opened()
    journal.append(fill("ours.01", "BUY", 2, 1, intent_id="i"))
    journal.append(fill("stranger.01", "SELL", 1, 1, intent_id=""))
    journal.append(fill("not told.01", "BUY", 1, 2, NOON_NS - 3 * DAY_NS, "x"))
    await journal.append_durable(fill("not told.02", "SELL", 1, 2, NOON_NS - 3 * DAY_NS, "x"))
    restored = journal.restore(SESSION)
    assert {execution.exec_id for execution in restored.executions} >= {"ours.01", "stranger.01"}
    assert set(restored.own_exec_ids) == {e.exec_id for e in restored.executions} - {"stranger.01"}


async def test_orders_of_the_session_date_are_counted_once_filled_or_not(opened: Opened) -> None:
    journal = opened()
    yesterday = NOON_NS - DAY_NS
    for order_id, changes in {
        1: [("SENT", NOON_NS), ("WORKING", NOON_NS + 1), ("FILLED", NOON_NS + 2)],
        2: [("SENT", NOON_NS + 3), ("SENT", NOON_NS + 9), ("CANCELLED", NOON_NS + 10)],  # an error was noted meanwhile
        3: [("SENT", yesterday), ("CANCELLED", NOON_NS + 4)],  # a stop that rested over night
        4: [("NOT_SENT", NOON_NS + 5)],
        5: [("UNKNOWN", NOON_NS + 6), ("WORKING", NOON_NS + 7)],  # killed after its bytes, before its record
        6: [("INTENDED", NOON_NS), ("UNKNOWN", NOON_NS + 8)],
        7: [("SENT", NOON_NS + DAY_NS)],
    }.items():
        for state, ts_ns in changes:
            await journal.append_durable(order(order_id, state, ts_ns))
    assert journal.restore(SESSION).order_times_ns == (NOON_NS, NOON_NS + 3, NOON_NS + 7)
    assert journal.restore("2025-10-27").order_times_ns == (yesterday,)


@pytest.mark.parametrize("state", OrderState)
async def test_the_states_in_which_nothing_has_left(opened: Opened, state: OrderState) -> None:
    journal = opened()
    await journal.append_durable(order(1, state.value))
    unsent = {OrderState.INTENDED, OrderState.UNKNOWN, OrderState.NOT_SENT}
    assert journal.restore(SESSION).order_times_ns == (() if state in unsent else (NOON_NS,))


async def test_closed_trades_are_those_that_had_a_fill_and_ended_on_the_date(opened: Opened) -> None:
    journal = opened()
    closing = msgspec.structs.replace(intent("closing"), purpose="close", strategy="", exit_plan=None)
    for record in (
        stage("traded", IntentStage.SENT),
        fill("a.01", "BUY", 2, intent_id="traded"),
        IntentRecord(closing, IntentStage.CLOSED, NOON_NS + 1),
        fill("b.01", "SELL", 2, intent_id="closing"),
        stage("traded", IntentStage.CLOSED, ts_ns=NOON_NS + 2),
        stage("never filled", IntentStage.CLOSED),
        fill("c.01", "BUY", 2, intent_id="reopened"),
        stage("reopened", IntentStage.CLOSED),
        stage("reopened", IntentStage.SENT, ts_ns=NOON_NS + 3),
        fill("d.01", "BUY", 2, ts_ns=NOON_NS - DAY_NS, intent_id="yesterday"),
        stage("yesterday", IntentStage.CLOSED, ts_ns=NOON_NS - DAY_NS),
        fill("e.01", "BUY", 2, ts_ns=NOON_NS - DAY_NS, intent_id="overnight"),
        stage("overnight", IntentStage.CLOSED, ts_ns=NOON_NS + 4),
    ):
        await journal.append_durable(record)
    assert journal.restore(SESSION).closed_trades == (
        ("zero_dte", "SPY", NOON_NS + 2),
        ("zero_dte", "SPY", NOON_NS + 4),
    )


async def test_a_session_date_that_is_none(opened: Opened) -> None:
    with pytest.raises(JournalError, match="YYYY-MM-DD"):
        opened().restore("28.10.2025")


async def test_a_payload_that_cannot_be_read_stops_the_start(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    await journal.append_durable(stage("i", IntentStage.SENT))
    await journal.close()
    connection = schema.connect(tmp_path / "journal.db")
    connection.execute("UPDATE intents SET payload = '{}'")
    connection.close()
    with pytest.raises(JournalError, match="could not be read back"):
        restore_state(tmp_path / "journal.db", SESSION)


executions = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(1, 3), st.sampled_from(["BUY", "SELL"]), st.integers(1, 4), st.integers(1, 3)
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(executions)
def test_net_positions_from_restored_executions_are_those_from_all(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, str, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("restore") / "journal.db"
    connection = schema.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    schema.migrate(connection, 0)
    seen = {}
    for seq, (stem, part, side, quantity, con_id) in enumerate(rows):
        record = fill(f"{con_id}-{stem}.{part:02}", side, quantity, con_id, NOON_NS - 5 * DAY_NS)
        row = encode_row(record)
        connection.execute(row.statement, (seq, 1, *row.columns))
        seen.setdefault(record.execution.exec_id, record.execution)
    connection.close()

    def net(all_executions: list) -> dict[int, int]:
        latest = {}
        for execution in sorted(all_executions, key=lambda e: e.exec_id):
            latest[execution.stem] = execution
        sums: dict[int, int] = {}
        for execution in latest.values():
            signed = execution.quantity if execution.side == "BUY" else -execution.quantity
            sums[execution.con_id] = sums.get(execution.con_id, 0) + signed
        return {con_id: quantity for con_id, quantity in sums.items() if quantity}

    assert net(list(restore_state(path, SESSION).executions)) == net(list(seen.values()))
