"""Listing by product: expiries, classes, strikes, increments, settlement; and how it goes on from day to day."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from tests.sim.market.option_chains import SPOTS, profile

from alphatrader import calendar
from alphatrader.sim.market.expiries import expiries_of, kind_of, sessions_until
from alphatrader.sim.market.listing import list_options
from alphatrader.sim.market.option_products import product_of
from alphatrader.sim.market.types import ListedContract

FRIDAY = "2026-11-20"  # a third Friday, before the week of Thanksgiving


def listed(symbol: str, date: str = FRIDAY, before: tuple[ListedContract, ...] = ()) -> list[ListedContract]:
    return list_options(profile(symbol), date, SPOTS[symbol], before)


def expiries(options: list[ListedContract], trading_class: str) -> list[str]:
    return sorted({option.expiry for option in options if option.trading_class == trading_class})


def test_spy_has_an_expiry_for_every_session_then_fridays_then_monthlies() -> None:
    assert expiries(listed("SPY"), "SPY") == [
        "20261120", "20261123", "20261124", "20261125", "20261127", "20261130",
        "20261204", "20261211", "20261218", "20270115", "20270219", "20270319",
    ]  # fmt: skip


def test_spx_lists_two_classes_under_one_symbol() -> None:
    options = listed("SPX")
    assert {option.symbol for option in options} == {"SPX"}
    assert expiries(options, "SPX") == ["20261120", "20261218", "20270115", "20270219"]
    assert expiries(options, "SPXW")[:6] == ["20261120", "20261123", "20261124", "20261125", "20261127", "20261130"]
    monthly = {o.trading_class: o for o in options if o.expiry == "20261218" and o.strike == 6500 and o.right == "C"}
    assert monthly["SPX"].local_symbol == "SPX   261218C06500000"
    assert monthly["SPXW"].local_symbol == "SPXW  261218C06500000"
    assert monthly["SPX"].con_id != monthly["SPXW"].con_id
    # Morning settlement: the last trade is the session before, the price that of the opening.
    assert calendar.to_text(monthly["SPX"].last_trade_ns) == "2026-12-17 16:15:00"
    assert calendar.to_text(monthly["SPX"].settlement_ns) == "2026-12-18 09:30:00"
    assert calendar.to_text(monthly["SPXW"].last_trade_ns) == "2026-12-18 16:00:00"
    assert calendar.to_text(monthly["SPXW"].settlement_ns) == "2026-12-18 16:00:00"


def test_aapl_has_fridays_and_monthlies_alone() -> None:
    options = listed("AAPL", "2026-11-18")
    assert all(kind_of(option.expiry) != "daily" for option in options)
    strikes = sorted({o.strike for o in options if o.expiry == "20261120"})
    gaps = {high - low for low, high in itertools.pairwise(strikes)}
    assert gaps == {Decimal("2.5"), Decimal(5)}
    assert any(option.local_symbol.endswith("C00262500") for option in options)


@pytest.mark.parametrize(
    ("symbol", "style", "settlement", "steps", "last"),
    [
        ("SPY", "american", "physical", [("0", "0.01")], "16:15:00"),
        ("QQQ", "american", "physical", [("0", "0.01")], "16:15:00"),
        ("IWM", "american", "physical", [("0", "0.01")], "16:15:00"),
        ("AAPL", "american", "physical", [("0", "0.01"), ("3", "0.05")], "16:00:00"),
        ("SPX", "european", "cash", [("0", "0.05"), ("3", "0.10")], None),
        ("XSP", "european", "cash", [("0", "0.01")], "16:00:00"),
    ],
)
def test_rules_by_product(
    symbol: str, style: str, settlement: str, steps: list[tuple[str, str]], last: str | None
) -> None:
    for option in listed(symbol):
        assert (option.style, option.settlement, option.multiplier, option.currency) == (style, settlement, 100, "USD")
        assert option.price_steps == tuple((Decimal(a), Decimal(b)) for a, b in steps)
        assert option.min_tick == option.price_steps[0][1]
        assert option.settlement_ns > 0
        if last is not None:
            end = calendar.to_text(option.last_trade_ns)
            half_day = calendar.session_for(calendar.expiry_date(option.expiry)).half_day
            assert end == f"{calendar.expiry_date(option.expiry)} {last if not half_day else last.replace('16', '13')}"


@pytest.mark.parametrize("symbol", sorted(SPOTS))
def test_strikes_stand_wider_apart_farther_out_and_later(symbol: str) -> None:
    options = listed(symbol)
    for trading_class in {option.trading_class for option in options}:
        steps = []
        for expiry in expiries(options, trading_class):
            rows = [o for o in options if (o.trading_class, o.expiry) == (trading_class, expiry)]
            strikes = sorted({option.strike for option in rows})
            assert len(rows) == 2 * len(strikes)
            assert strikes[0] < Decimal("0.92") * int(SPOTS[symbol])
            assert strikes[-1] > Decimal("1.08") * int(SPOTS[symbol])
            gaps = [high - low for low, high in itertools.pairwise(strikes)]
            middle = min(range(len(gaps)), key=lambda i: abs(float(strikes[i]) - SPOTS[symbol]))
            assert gaps[0] >= gaps[middle] <= gaps[-1]
            assert gaps[0] > min(gaps)
            steps.append(gaps[middle])
        assert steps == sorted(steps)
    assert len(options) < 3_600


def test_ids_follow_from_the_symbol() -> None:
    first = {option.local_symbol: option.con_id for option in listed("SPY")}
    later = {option.local_symbol: option.con_id for option in listed("SPY", "2026-11-23")}
    shared = first.keys() & later.keys()
    assert len(shared) > 1000
    assert all(first[symbol] == later[symbol] for symbol in shared)
    every = [option.con_id for symbol in SPOTS for option in listed(symbol)]
    assert len(set(every)) == len(every)
    assert all(500_000_000 <= con_id < 2_100_000_000 for con_id in every)


def test_the_next_day_drops_what_expired_and_adds_expiries_and_strikes() -> None:
    friday = listed("SPY")
    monday = list_options(profile("SPY"), "2026-11-23", 690.0, tuple(friday))
    gone = {option.local_symbol for option in friday} - {option.local_symbol for option in monday}
    assert {symbol[6:12] for symbol in gone} == {"261120"}
    assert "20261201" in expiries(monday, "SPY")
    assert max(o.strike for o in monday if o.expiry == "20261123") > 720
    # A series that is listed stays, though the price has gone away from it.
    assert min(o.strike for o in monday if o.expiry == "20261123") == min(
        o.strike for o in friday if o.expiry == "20261123"
    )
    assert [o for o in monday if o in set(friday)] == [o for o in friday if o in set(monday)]


def test_a_friday_holiday_moves_the_expiry_to_thursday() -> None:
    thursday = "2026-06-18"  # 19 June 2026 is a third Friday and a holiday
    assert "20260618" in expiries_of(product_of("AAPL", SPOTS["AAPL"]).classes[0], "2026-06-15")
    assert kind_of("20260618") == "monthly"
    assert sessions_until("2026-06-15", "20260618") == 3
    assert all(
        dt.date.fromisoformat(calendar.expiry_date(o.expiry)) >= dt.date(2026, 6, 18) for o in listed("AAPL", thursday)
    )
