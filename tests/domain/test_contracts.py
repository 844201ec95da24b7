"""Contracts are named the way traders say them, and put in order by what names them."""

from decimal import Decimal

import pytest

from alphatrader.domain.contracts import OptionKey, Right


@pytest.mark.parametrize(
    ("strike", "right", "expiry", "label"),
    [
        ("651", Right.CALL, "20261124", "SPY 0DTE 651C"),
        ("651.50", Right.PUT, "20261124", "SPY 0DTE 651.5P"),
        ("1000", Right.CALL, "20261124", "SPY 0DTE 1000C"),
        ("650", Right.PUT, "20261218", "SPY 2026-12-18 650P"),
    ],
)
def test_an_option_is_named_by_its_tenor_strike_and_right(strike: str, right: Right, expiry: str, label: str) -> None:
    assert OptionKey("SPY", expiry, Decimal(strike), right).label("20261124") == label


def test_options_are_ordered_by_symbol_expiry_strike_and_right() -> None:
    keys = [
        OptionKey("QQQ", "20261218", Decimal(9), Right.PUT),
        OptionKey("SPY", "20261124", Decimal(650), Right.CALL),
        OptionKey("SPY", "20261124", Decimal(650), Right.PUT),
        OptionKey("SPY", "20261124", Decimal("650.5"), Right.CALL),
        OptionKey("SPY", "20261218", Decimal(1), Right.CALL),
    ]
    backwards = keys[::-1]
    assert sorted(backwards) == keys


def test_equal_strikes_name_one_contract_however_they_are_written() -> None:
    assert OptionKey("SPY", "20261124", Decimal("651.0"), Right.CALL) == OptionKey(
        "SPY", "20261124", Decimal(651), Right.CALL
    )
    assert len({OptionKey("SPY", "20261124", Decimal(text), Right.CALL) for text in ("651", "651.0", "651.00")}) == 1
