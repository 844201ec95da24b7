"""The ledger is a function of the set of executions: no split, order or repetition of reports changes it.

What an order of ours made is ours; what a stranger sells of ours is our loss, and the rest is the stranger's.
"""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from alphatrader.domain.orders import Execution
from alphatrader.execution.ledger import Ledger, round_trips

TINY = Decimal("1e-18")


def execution(number: int, side: str, quantity: int, price: str, version: int = 1, con_id: int = 7) -> Execution:
    return Execution(
        exec_id=f"0000e0d5.{number:08x}.01.{version:02d}",
        order_id=number,
        perm_id=number,
        con_id=con_id,
        side=side,  # type: ignore[arg-type]
        quantity=quantity,
        price=Decimal(price),
        ts_ns=number,
    )


def ledger(*executions: Execution, foreign: tuple[Execution, ...] = (), since_ns: int = 0) -> Ledger:
    made = Ledger(since_ns)
    for ours in executions:
        made.add(ours)
    for theirs in foreign:
        made.add(theirs, own=False)
    return made


# ------------------------------------------------------------------------------------------ what is ours


def test_round_trip_realises_the_difference_times_the_multiplier() -> None:
    made = ledger(execution(1, "BUY", 3, "1.20"), execution(2, "SELL", 2, "1.50"))
    position = made.position(7)
    assert (position.quantity, position.average_price) == (1, Decimal("1.20"))
    assert position.realised_usd == made.realised_usd == Decimal("60.00")
    made.register(7, 50)
    assert made.realised_usd == Decimal("30.00")


def test_a_correction_replaces_what_it_corrects() -> None:
    made = Ledger()
    assert made.add(execution(1, "BUY", 3, "1.20", version=1))
    assert made.add(execution(1, "BUY", 2, "1.25", version=2))
    assert (made.position(7).quantity, made.position(7).average_price) == (2, Decimal("1.25"))
    assert not made.add(execution(1, "BUY", 3, "1.20", version=1)), "an old version must not come back"
    assert made.execution_count == 1


def test_a_correction_of_ours_is_ours_whoever_it_is_told_by() -> None:
    made = ledger(execution(1, "BUY", 3, "1.20"))
    made.add(execution(1, "BUY", 2, "1.20", version=2), own=False)
    assert (made.position(7).quantity, made.foreign(7).quantity) == (2, 0)


def test_a_sale_through_zero_opens_a_short_at_its_own_price() -> None:
    made = ledger(execution(1, "BUY", 1, "2.00"), execution(2, "SELL", 3, "2.50"))
    assert (made.position(7).quantity, made.position(7).average_price) == (-2, Decimal("2.50"))
    assert made.realised_usd == Decimal("50.00")


def test_contracts_are_kept_apart() -> None:
    made = ledger(execution(1, "BUY", 1, "2.00"), execution(2, "SELL", 1, "2.50", con_id=8))
    assert [(p.con_id, p.quantity) for p in made.open_positions()] == [(7, 1), (8, -1)]
    assert made.realised_usd == 0
    assert made.con_ids() == [7, 8]
    assert made.position(99).quantity == made.quantity(99) == 0


# ------------------------------------------------------------------------------------------ what is not


def test_what_a_stranger_does_in_a_contract_of_its_own_enters_no_figure_of_ours() -> None:
    made = ledger(foreign=(execution(1, "BUY", 3, "1.20"), execution(2, "SELL", 2, "1.00")))
    made.add_commission("0000e0d5.00000001.01.01", Decimal("2.10"))
    assert made.open_positions() == []
    assert (made.realised_usd, made.fees_usd, made.execution_count) == (0, 0, 0)
    (theirs,) = made.foreign_positions()
    assert (theirs.quantity, theirs.average_price) == (1, Decimal("1.20"))
    assert (made.foreign_realised_usd, made.foreign_fees_usd) == (Decimal(-40), Decimal("2.10"))
    assert made.foreign_execution_count == 1 + 1
    assert made.quantity(7) == 1


def test_a_sale_by_hand_closes_ours_and_its_loss_is_ours() -> None:
    made = ledger(execution(1, "BUY", 4, "1.20"), foreign=(execution(2, "SELL", 4, "0.70"),))
    assert made.open_positions() == made.foreign_positions() == []
    assert (made.realised_usd, made.foreign_realised_usd) == (Decimal(-200), 0)


def test_a_sale_by_hand_of_more_closes_ours_first_and_shares_its_fee() -> None:
    made = ledger(execution(1, "BUY", 1, "1.20"), foreign=(execution(2, "SELL", 4, "0.70"),))
    made.add_commission("0000e0d5.00000002.01.01", Decimal("2.60"))
    assert made.position(7).quantity == 0
    assert (made.foreign(7).quantity, made.foreign(7).average_price) == (-3, Decimal("0.70"))
    assert made.realised_usd == Decimal(-50)
    assert (made.fees_usd, made.foreign_fees_usd) == (Decimal("0.65"), Decimal("1.95"))
    assert made.quantity(7) == -3


def test_a_purchase_by_hand_beside_ours_is_the_strangers() -> None:
    made = ledger(execution(1, "BUY", 1, "1.20"), foreign=(execution(2, "BUY", 4, "1.00"),))
    assert (made.position(7).quantity, made.foreign(7).quantity, made.quantity(7)) == (1, 4, 5)
    assert made.position(7).average_price == Decimal("1.20")


def test_a_sale_of_ours_never_closes_what_is_the_strangers() -> None:
    made = ledger(
        execution(2, "BUY", 1, "1.20"), execution(3, "SELL", 1, "1.50"), foreign=(execution(1, "BUY", 4, "1.00"),)
    )
    assert (made.position(7).quantity, made.foreign(7).quantity) == (0, 4)
    assert (made.realised_usd, made.foreign_realised_usd) == (Decimal(30), 0)


# ------------------------------------------------------------------------------------------ fees, the day


def test_commission_reported_twice_counts_once() -> None:
    made = ledger(execution(1, "BUY", 1, "1.20"))
    for _ in range(2):
        made.add_commission("0000e0d5.00000001.01.01", Decimal("1.05"))
    assert made.fees_usd == Decimal("1.05")


def test_commission_of_a_correction_replaces_that_of_what_it_corrects() -> None:
    made = ledger(execution(1, "BUY", 2, "1.20"))
    made.add_commission("0000e0d5.00000001.01.01", Decimal("1.30"))
    made.add_commission("0000e0d5.00000001.01.02", Decimal("0.65"))
    assert made.fees_usd == Decimal("0.65")


def test_a_commission_that_comes_first_counts_as_ours_until_its_execution_says_whose_it_is() -> None:
    made = Ledger()
    made.add_commission("0000e0d5.00000001.01.01", Decimal("1.05"))
    assert (made.fees_usd, made.foreign_fees_usd) == (Decimal("1.05"), 0)
    made.add(execution(1, "BUY", 1, "1.20"), own=False)
    assert (made.fees_usd, made.foreign_fees_usd) == (0, Decimal("1.05"))


def test_results_and_fees_count_from_the_start_of_the_day_and_positions_from_their_purchase() -> None:
    trades = (
        execution(1, "BUY", 3, "1.00"), execution(2, "SELL", 1, "0.50"), execution(11, "SELL", 1, "1.40"),
    )  # fmt: skip
    whole, day = ledger(*trades), ledger(*trades)
    for number in (1, 2, 11):
        for made in (whole, day):
            made.add_commission(execution(number, "BUY", 1, "1").exec_id, Decimal(1))
    day.start(since_ns=11)
    assert (whole.realised_usd, whole.fees_usd) == (Decimal(-10), Decimal(3))
    assert (day.realised_usd, day.fees_usd) == (Decimal(40), Decimal(1))
    assert day.position(7).quantity == whole.position(7).quantity == 1
    assert day.position(7).average_price == Decimal("1.00")
    from_the_first = ledger(*trades, since_ns=11)
    assert from_the_first.realised_usd == day.realised_usd


# ------------------------------------------------------------------------------------------ round trips


def test_round_trips_are_told_by_their_end_with_corrections_in_place() -> None:
    reports = [
        execution(1, "BUY", 2, "1.00"),
        execution(2, "SELL", 2, "0.90", version=1),
        execution(2, "SELL", 2, "0.80", version=2),
        execution(3, "BUY", 1, "1.00"),
        execution(4, "SELL", 1, "1.25"),
        execution(5, "BUY", 1, "1.00"),
    ]
    assert round_trips(reports) == [Decimal("-0.40"), Decimal("0.25")]
    assert round_trips(reversed(reports)) == round_trips(reports)


def test_round_trips_of_a_day_are_those_that_ended_on_it_with_what_was_paid_before() -> None:
    reports = [
        execution(1, "BUY", 1, "1.00"),
        execution(2, "SELL", 1, "2.00"),
        execution(3, "BUY", 1, "1.00"),
        execution(14, "SELL", 1, "0.75"),
    ]
    assert round_trips(reports, since_ns=10) == [Decimal("-0.25")]


# ------------------------------------------------------------------------------------------ properties

TRADES = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 9), st.integers(1, 900), st.booleans()),
    min_size=1,
    max_size=12,
)
"""Side, contracts, cents, and whether it is ours."""
Trades = list[tuple[str, int, int, bool]]


def told(trades: Trades) -> list[tuple[Execution, bool]]:
    return [(execution(i + 1, side, q, str(Decimal(c) / 100)), own) for i, (side, q, c, own) in enumerate(trades)]


def book(reports: list[tuple[Execution, bool]]) -> Ledger:
    made = Ledger()
    for report, own in reports:
        made.add(report, own=own)
        made.add_commission(report.exec_id, Decimal(report.quantity))
    return made


@given(TRADES, st.integers(0, 2**32))
def test_any_order_and_repetition_of_reports_gives_the_same_book(trades: Trades, seed: int) -> None:
    straight = told(trades)
    shuffled = straight * 2
    Random(seed).shuffle(shuffled)
    one, other = book(straight), book(shuffled)
    assert other.position(7) == one.position(7)
    assert other.foreign(7) == one.foreign(7)
    assert (other.fees_usd, other.foreign_fees_usd) == (one.fees_usd, one.foreign_fees_usd)
    assert one.quantity(7) == sum(e.quantity if e.side == "BUY" else -e.quantity for e, _ in straight)
    assert other.execution_count == sum(own for _, own in straight)
    assert other.execution_count + other.foreign_execution_count == len(straight)


@given(TRADES)
def test_the_split_of_an_order_into_executions_does_not_matter(trades: Trades) -> None:
    """Ten at once or ten times one, at the same price one after the other."""
    whole, parts = book(told(trades)), Ledger()
    for i, (side, quantity, cents, own) in enumerate(trades):
        for part in range(quantity):
            parts.add(execution(100 * (i + 1) + part, side, 1, str(Decimal(cents) / 100)), own=own)
    for one, other in ((whole.position(7), parts.position(7)), (whole.foreign(7), parts.foreign(7))):
        assert other.quantity == one.quantity
        assert abs(other.average_price - one.average_price) < TINY
        assert abs(other.realised_usd - one.realised_usd) < TINY


@given(TRADES)
def test_realised_and_open_value_of_both_account_for_all_cash(trades: Trades) -> None:
    made, cash = book(told(trades)), Decimal(0)
    for report, _ in told(trades):
        cash += (report.price if report.side == "SELL" else -report.price) * report.quantity * 100
    positions = (made.position(7), made.foreign(7))
    value = sum((p.average_price * p.quantity * 100 for p in positions), Decimal(0))
    assert abs(made.realised_usd + made.foreign_realised_usd - (cash + value)) < Decimal("1e-12")
    assert abs(made.fees_usd + made.foreign_fees_usd - sum(q for _, q, _, _ in trades)) < TINY


@given(TRADES)
def test_strangers_never_make_a_position_of_ours_larger_or_turn_it(trades: Trades) -> None:
    made, before = Ledger(), 0
    for report, own in told(trades):
        made.add(report, own=own)
        after = made.position(7).quantity
        if not own:
            assert abs(after) <= abs(before)
            assert after * before >= 0
        before = after


@given(TRADES, st.integers(0, 14))
def test_two_days_add_up_to_both(trades: Trades, midnight: int) -> None:
    whole, second = book(told(trades)), book(told(trades))
    second.start(midnight)
    first = book([(report, own) for report, own in told(trades) if report.ts_ns < midnight])
    assert abs(first.realised_usd + second.realised_usd - whole.realised_usd) < TINY
    assert abs(first.fees_usd + second.fees_usd - whole.fees_usd) < TINY
    assert second.position(7).quantity == whole.position(7).quantity
