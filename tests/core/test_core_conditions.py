"""Sale conditions by name: read from letters and flags, written as letters, and what follows from them."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from alphatrader import _core
from alphatrader._core import (
    CoreError,
    Market,
    SchemaError,
    format_sale_conditions,
    parse_lean_conditions_batch,
    parse_sale_conditions,
    parse_sale_conditions_batch,
)

NAMES = {name: getattr(_core, name) for name in dir(_core) if name.startswith("SALE_")}
UNIONS = {name: bits for name, bits in NAMES.items() if bits.bit_count() > 1}
LETTERS = "ABCDEFGHIKLMNOPQRSTUVWXYZ12345679"


def test_every_condition_is_a_bit_and_unions_are_made_of_them() -> None:
    single = [bits for name, bits in NAMES.items() if name not in UNIONS]
    assert sum(single) == 2 ** len(single) - 1
    assert sorted(UNIONS) == [
        "SALE_NO_AGGRESSOR",
        "SALE_NO_HIGH_LOW",
        "SALE_NO_LAST",
        "SALE_NO_PRICE",
        "SALE_NO_VOLUME",
        "SALE_UNREPORTABLE",
    ]


def test_letters_are_read_in_any_run() -> None:
    sweep = _core.SALE_INTERMARKET_SWEEP | _core.SALE_ODD_LOT
    assert [parse_sale_conditions(text) for text in (" F I", "FI", "F I @", "I F")] == [sweep] * 4
    assert [parse_sale_conditions(text) for text in ("", "@", "a", "f", "§")] == [0] * 5
    assert parse_sale_conditions("U") == _core.SALE_EXTENDED_HOURS | _core.SALE_OUT_OF_SEQUENCE


def test_the_plans_read_and_write_averages_differently() -> None:
    plans = ("either", "cta", "utp")
    average, bunched = _core.SALE_AVERAGE_PRICE, _core.SALE_BUNCHED
    assert [parse_sale_conditions("B", plan) for plan in plans] == [average | bunched, average, bunched]
    assert [format_sale_conditions(average, plan) for plan in plans] == ["W", "B", "W"]
    assert [format_sale_conditions(bunched, plan) for plan in plans] == ["B", "", "B"]
    with pytest.raises(CoreError, match="the plan was"):
        parse_sale_conditions("B", "nyse")  # type: ignore[arg-type]


def test_letters_come_back_in_the_order_of_the_tape() -> None:
    assert format_sale_conditions(0) == ""
    odd_sweep_late = _core.SALE_ODD_LOT | _core.SALE_INTERMARKET_SWEEP | _core.SALE_EXTENDED_HOURS
    assert format_sale_conditions(odd_sweep_late) == "F T I"
    for plan in ("cta", "utp"):
        for text in ("F I", "U", "4", "Z", "O", "5", "6"):
            assert format_sale_conditions(parse_sale_conditions(text, plan), plan) == text


def test_a_column_reads_as_its_rows_do() -> None:
    rows = [*LETTERS, " F I", "", None, "@"]
    expected = [parse_sale_conditions(text or "") for text in rows]
    columns = (
        pa.array(rows),
        pa.array(rows).dictionary_encode(),
        pa.chunked_array([rows[:5], rows[5:]]),
        pa.array(rows, pa.large_string()),
        pl.Series(rows),
    )
    for column in columns:
        found = parse_sale_conditions_batch(column)
        assert found.dtype == np.uint32
        assert found.tolist() == expected
    assert parse_sale_conditions_batch(pa.chunked_array([], pa.string())).tolist() == []
    with pytest.raises(SchemaError, match="column of sale conditions is Int64"):
        parse_sale_conditions_batch(pa.array([1]))


def test_the_market_follows_the_same_table() -> None:
    for plan in ("either", "cta", "utp"):
        market = Market()
        for number, letter in enumerate(LETTERS):
            says = parse_sale_conditions(letter, plan)
            market.add_instrument(number, 0.01, plan=plan)
            market.trade(1, number, 10.0, 100.0, "P", letter)
            seen = market.snapshot(number)
            assert (seen.last is None) == bool(says & _core.SALE_NO_PRICE), letter
            assert (seen.session_volume == 0.0) == bool(says & _core.SALE_NO_VOLUME), letter
            assert (seen.session_high is None) == bool(says & _core.SALE_NO_HIGH_LOW), letter


def test_lean_flags_say_what_letters_say() -> None:
    flags = np.array([0x1, 0x20000020, 0x6000, 0x4800, 0x800, 0x20100200, 0x40000, 0x80000000], np.uint32)
    says = parse_lean_conditions_batch(flags)
    letters = ["", "F", "U", "Z", "L", "4 W", "V", "I"]
    assert [format_sale_conditions(bits) for bits in says.tolist()] == letters
    assert says.tolist() == parse_sale_conditions_batch(pa.array(letters)).tolist()
    assert not says[1] & _core.SALE_NO_AGGRESSOR, "a sweep exempt from the trade-through rule is no cross"
    bunched = parse_lean_conditions_batch(pa.array([0x20000]))
    assert bunched.tolist() == [_core.SALE_BUNCHED]
    assert not bunched[0] & _core.SALE_NO_PRICE
    with pytest.raises(CoreError, match="32 bits"):
        parse_lean_conditions_batch(np.array([-1]))


def test_what_the_broker_leaves_out_of_its_last() -> None:
    """Its manual names average prices, derivative trades and combinations; odd lots are in Last as we read it."""
    out = [letter for letter in LETTERS if parse_sale_conditions(letter) & _core.SALE_UNREPORTABLE]
    assert "".join(out) == "BGUVWZ347"
