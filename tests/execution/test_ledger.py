"""The ledger is a function of the set of executions: no split, order or repetition of reports changes it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from alphatrader.domain.orders import Execution
from alphatrader.execution.ledger import Ledger, round_trips


def execution(number: int, side: str, quantity: int, price: str, version: int = 1) -> Execution:
    return Execution(
        exec_id=f"0000e0d5.{number:08x}.01.{version:02d}",
        order_id=number,
        perm_id=number,
        con_id=7,
        side=side,  # type: ignore[arg-type]
        quantity=quantity,
        price=Decimal(price),
        ts_ns=number,
    )


def test_round_trip_realises_the_difference_times_the_multiplier() -> None:
    ledger = Ledger()
    ledger.register(7, 100)
    ledger.add(execution(1, "BUY", 3, "1.20"))
    ledger.add(execution(2, "SELL", 2, "1.50"))
    position = ledger.position(7)
    assert position.quantity == 1
    assert position.average_price == Decimal("1.20")
    assert position.realised_usd == Decimal("60.00")


def test_a_correction_replaces_what_it_corrects() -> None:
    ledger = Ledger()
    assert ledger.add(execution(1, "BUY", 3, "1.20", version=1))
    assert ledger.add(execution(1, "BUY", 2, "1.25", version=2))
    assert ledger.position(7).quantity == 2
    assert ledger.position(7).average_price == Decimal("1.25")
    assert not ledger.add(execution(1, "BUY", 3, "1.20", version=1)), "an old version must not come back"


def test_a_sale_through_zero_opens_a_short_at_its_own_price() -> None:
    ledger = Ledger()
    ledger.add(execution(1, "BUY", 1, "2.00"))
    ledger.add(execution(2, "SELL", 3, "2.50"))
    assert ledger.position(7).quantity == -2
    assert ledger.position(7).average_price == Decimal("2.50")
    assert ledger.realised_usd == Decimal("50.00")


def test_commission_reported_twice_counts_once() -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.add_commission("0000e0d5.1.01.01", Decimal("1.05"))
    assert ledger.fees_usd == Decimal("1.05")


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


TRADES = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 9), st.integers(1, 900)), min_size=1, max_size=12
)


@given(TRADES, st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_reports_gives_the_same_book(
    trades: list[tuple[str, int, int]], random: object
) -> None:
    reports = [execution(i + 1, side, q, str(Decimal(cents) / 100)) for i, (side, q, cents) in enumerate(trades)]
    straight = Ledger()
    for report in reports:
        straight.add(report)
    shuffled = reports * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Ledger()
    for report in shuffled:
        other.add(report)
    assert other.position(7) == straight.position(7)
    assert straight.position(7).quantity == sum(e.quantity if e.side == "BUY" else -e.quantity for e in reports)
    assert other.execution_count == len(reports)


@given(TRADES)
def test_realised_and_open_value_account_for_all_cash(trades: list[tuple[str, int, int]]) -> None:
    ledger = Ledger()
    ledger.register(7, 100)
    cash = Decimal(0)
    for i, (side, quantity, cents) in enumerate(trades):
        price = Decimal(cents) / 100
        ledger.add(execution(i + 1, side, quantity, str(price)))
        cash += (price if side == "SELL" else -price) * quantity * 100
    position = ledger.position(7)
    book_value = position.average_price * position.quantity * 100
    assert abs(position.realised_usd - (cash + book_value)) < Decimal("1e-12")
