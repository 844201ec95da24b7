"""Contracts for a risk budget: the floor of every cap, and the words for which one bound it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphatrader.risk.settings import RiskLimits
from alphatrader.risk.sizing import Size, size_long_option

LIMITS = RiskLimits()
PLENTY = Decimal(100_000)


def size(entry: str, stop: str, available: Decimal = PLENTY, limits: RiskLimits = LIMITS, share: float = 1.0) -> Size:
    return size_long_option(Decimal(entry), Decimal(stop), 100, available, limits, share)


def test_size_is_the_floor_of_the_budget_and_says_what_bound_it() -> None:
    sized = size("1.50", "1.10")
    assert sized == Size(6, Decimal("248.40"), Decimal(900), "risk budget"), "floor(250 / (40 + 1.40))"


@pytest.mark.parametrize(
    ("entry", "stop", "available", "quantity", "bound_by"),
    [
        ("1.50", "1.10", "310", 2, "available funds"),
        ("6.00", "5.90", "100000", 4, "premium cap"),
        ("0.50", "0.40", "100000", 10, "contract cap"),
        ("9.00", "6.00", "100000", 0, "risk budget"),
        ("1.50", "1.10", "0", 0, "available funds"),
        ("1.50", "1.10", "-500", 0, "available funds"),
    ],
)
def test_the_tightest_cap_binds(entry: str, stop: str, available: str, quantity: int, bound_by: str) -> None:
    sized = size(entry, stop, Decimal(available))
    assert (sized.quantity, sized.bound_by) == (quantity, bound_by)


def test_a_share_of_the_budget_takes_its_part_of_risk_and_premium_and_not_of_funds_or_contracts() -> None:
    assert size("1.50", "1.10", share=0.5).quantity == 3, "floor(125 / 41.40)"
    assert size("6.00", "5.90", share=0.5).quantity == 2, "floor(1250 / 600)"
    assert size("1.50", "1.10", Decimal(310), share=0.5).quantity == 2
    assert size("0.20", "0.15", share=0.9).quantity == 10


def test_without_fees_a_stop_at_the_entry_risks_nothing_that_could_be_divided_by() -> None:
    free = RiskLimits(min_fees_per_contract_usd=0)
    assert size("1.50", "1.50", limits=free).quantity == 0
    assert size("0", "0", limits=free).quantity == 0


CENTS = st.integers(1, 3_000).map(lambda cents: Decimal(cents) / 100)


@given(CENTS, CENTS, st.integers(0, 20_000), st.floats(0.01, 1.0))
def test_the_size_is_the_largest_that_breaks_no_limit(entry: Decimal, loss: Decimal, funds: int, share: float) -> None:
    stop, part = max(Decimal(0), entry - loss), Decimal(repr(share))
    risk, premium = (entry - stop) * 100 + LIMITS.min_fees_per_contract_usd, entry * 100

    def fits(quantity: int) -> bool:
        within_budget = quantity * risk <= LIMITS.risk_budget_usd * part
        payable = quantity * premium <= min(LIMITS.max_premium_usd * part, Decimal(funds))
        return within_budget and payable and quantity <= LIMITS.max_contracts

    sized = size_long_option(entry, stop, 100, Decimal(funds), LIMITS, share)
    assert fits(sized.quantity)
    assert not fits(sized.quantity + 1)
    assert (sized.risk_usd, sized.premium_usd) == (risk * sized.quantity, premium * sized.quantity)
