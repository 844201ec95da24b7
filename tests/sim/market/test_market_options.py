"""The option surface: parity, no free lunch at the quoted prices, true greeks, open interest with walls."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market import ChainTable, MarketSpec, build_market
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.surface import total_variance, value_options

TICK = 0.01
EPS = 1e-9


def market_at(seed: int, fraction: float) -> SessionMarket:
    return build_market(MarketSpec(seed=seed, session_date="2026-11-20", start_fraction=fraction))


@pytest.fixture(scope="module", params=[(3, 0.0), (7, 0.5), (11, 0.97), (12, 0.9999)], ids=str)
def table(request: pytest.FixtureRequest) -> ChainTable:
    market = market_at(*request.param)
    market.advance(market.now_ns + calendar.NS)
    return market.chain("SPY")


def by_expiry(table: ChainTable) -> Iterator[tuple[str, dict[str, dict[float, int]]]]:
    """Yield each expiry with row numbers by right and strike."""
    for expiry in sorted({contract.expiry for contract in table.contracts}):
        rows: dict[str, dict[float, int]] = {"C": {}, "P": {}}
        for row, contract in enumerate(table.contracts):
            if contract.expiry == expiry:
                rows[contract.right][float(contract.strike)] = row
        yield expiry, rows


def test_every_expiry_has_strikes_a_dollar_apart_within_six_percent(table: ChainTable) -> None:
    expiries = [expiry for expiry, _ in by_expiry(table)]
    assert expiries == ["20261120", "20261123", "20261124", "20261204", "20261218"]
    for _, rows in by_expiry(table):
        strikes = sorted(rows["C"])
        assert strikes == sorted(rows["P"])
        assert all(high - low == 1.0 for low, high in itertools.pairwise(strikes))
        assert strikes[0] < 0.96 * table.spot
        assert strikes[-1] > 1.04 * table.spot


def test_quotes_are_on_ticks_and_two_sided_where_they_have_value(table: ChainTable) -> None:
    for side in (table.bid, table.ask):
        assert np.allclose(side * 100, np.rint(side * 100), atol=1e-6)
    assert (table.ask - table.bid > 0.5 * TICK).all()
    assert (table.ask_size >= 1).all()
    assert ((table.bid > 0) == (table.bid_size > 0)).all()


def test_near_the_money_spreads_are_cents(table: ChainTable) -> None:
    _, rows = next(by_expiry(table))
    strike = round(table.spot)
    for right in "CP":
        row = rows[right][strike]
        assert table.ask[row] - table.bid[row] < 0.05


def test_put_call_parity_holds_within_the_spreads(table: ChainTable) -> None:
    for _, rows in by_expiry(table):
        for strike, call in rows["C"].items():
            put = rows["P"][strike]
            forward = table.spot - strike
            assert table.bid[call] - table.ask[put] <= forward + EPS
            assert table.ask[call] - table.bid[put] >= forward - EPS
            # A bid of zero stands for any value under a tick, so its mid says nothing.
            if table.bid[call] and table.bid[put]:
                mid = (table.bid[call] + table.ask[call] - table.bid[put] - table.ask[put]) / 2
                assert abs(mid - forward) <= TICK + EPS


def test_no_vertical_butterfly_or_box_is_free(table: ChainTable) -> None:
    for _, rows in by_expiry(table):
        for right, sign in (("C", 1), ("P", -1)):
            strikes = sorted(rows[right])
            for low, high in itertools.pairwise(strikes):
                dear, cheap = (low, high) if sign > 0 else (high, low)
                credit = table.bid[rows[right][cheap]] - table.ask[rows[right][dear]]
                assert credit <= EPS, "the option that is worth less cannot be sold for more"
                width = table.bid[rows[right][dear]] - table.ask[rows[right][cheap]]
                assert width <= (high - low) + EPS
            for low, middle, high in zip(strikes, strikes[1:], strikes[2:], strict=False):
                one, two, three = (rows[right][strike] for strike in (low, middle, high))
                assert 2 * table.bid[two] <= table.ask[one] + table.ask[three] + EPS


def test_no_calendar_spread_is_free(table: ChainTable) -> None:
    for (_, near), (_, far) in itertools.pairwise(by_expiry(table)):
        for right in "CP":
            for strike, row in near[right].items():
                assert table.bid[row] <= table.ask[far[right][strike]] + EPS


def test_values_are_above_intrinsic_and_iv_is_positive(table: ChainTable) -> None:
    for row, contract in enumerate(table.contracts):
        sign = 1 if contract.right == "C" else -1
        intrinsic = max(0.0, sign * (table.spot - float(contract.strike)))
        assert table.ask[row] > intrinsic - EPS
    assert (table.iv > 0.03).all()
    assert np.isfinite(table.iv).all()


def test_iv_is_skewed_to_puts() -> None:
    table = market_at(7, 0.5).chain("SPY")
    for _, rows in by_expiry(table):
        low, high = round(table.spot * 0.97), round(table.spot * 1.03)
        middle = round(table.spot)
        assert table.iv[rows["P"][low]] > table.iv[rows["P"][middle]]
        assert table.iv[rows["P"][low]] > table.iv[rows["C"][high]]


def test_greeks_are_derivatives_of_the_price() -> None:
    strike = np.arange(630.0, 671.0, 5.0)
    is_call = np.arange(len(strike)) % 2 == 0
    years = np.full(len(strike), 2.0 / 365.0)
    spot, variance = 650.0, np.full(len(strike), 0.0002)
    here = value_options(spot, strike, is_call, variance, years)
    up = value_options(spot + 0.01, strike, is_call, variance, years)
    down = value_options(spot - 0.01, strike, is_call, variance, years)
    assert np.allclose(here.delta, (up.price - down.price) / 0.02, atol=1e-6)
    assert np.allclose(here.gamma, (up.delta - down.delta) / 0.02, atol=1e-6)
    more = value_options(spot, strike, is_call, (here.iv + 0.0001) ** 2 * years, years)
    assert np.allclose(here.vega, (more.price - here.price) / 0.01, rtol=1e-2)  # 0.0001 is a hundredth of a vol point
    later = years - 0.001 / 365.0
    decayed = value_options(spot, strike, is_call, here.iv**2 * later, later)
    assert np.allclose(here.theta, (decayed.price - here.price) / 0.001, rtol=2e-3, atol=1e-4)


def test_total_variance_is_convex_enough_for_positive_densities() -> None:
    """Call prices on a fine grid of strikes stay convex from one minute to six weeks before expiry."""
    strike = np.linspace(600.0, 700.0, 2001)
    for at_the_money in (1e-7, 1e-6, 2e-5, 2e-4, 4e-3):
        variance = total_variance(np.log(strike / 650.0), np.full(len(strike), at_the_money))
        price = value_options(650.0, strike, np.ones(len(strike), bool), variance, np.ones(len(strike))).price
        assert (np.diff(price, 2) > -1e-9).all()


def test_greeks_and_settlement_at_half_past_nine_and_in_the_last_seconds() -> None:
    for fraction in (0.0, 0.9999):
        market = market_at(5, fraction)
        market.advance(market.now_ns + calendar.NS)
        spot = market.chain("SPY").spot
        option = min(
            (c for c in market.contracts() if c.expiry == "20261120" and c.right == "C"),
            key=lambda contract: abs(float(contract.strike) - spot),
        )
        greeks = market.greeks(option.con_id)
        assert 0.0 <= greeks.delta <= 1.0
        assert greeks.gamma > 0
        assert greeks.underlying_price == spot
        assert market.quote(option.con_id).bid <= greeks.price <= market.quote(option.con_id).ask


def test_open_interest_has_walls_at_round_strikes_and_a_flip_near_spot() -> None:
    for seed in (1, 2, 3):
        market = market_at(seed, 0.5)
        table = market.chain("SPY")
        strike = np.array([float(contract.strike) for contract in table.contracts])
        sign = np.array([1 if contract.right == "C" else -1 for contract in table.contracts])
        exposure = table.gamma * table.open_interest
        for side in (1, -1):
            levels = np.unique(strike)
            wall = levels[np.argmax([exposure[(strike == level) & (sign == side)].sum() for level in levels])]
            assert wall % 5 == 0
        calls, puts = (table.open_interest * (sign == side) for side in (1, -1))
        assert (calls * strike).sum() / calls.sum() > (puts * strike).sum() / puts.sum() + 5
        low, high = (gamma_exposure(table, sign, factor * table.spot) for factor in (0.95, 1.05))
        assert low < 0 < high
        for row, contract in enumerate(table.contracts[:9]):
            assert market.open_interest(contract.con_id) == table.open_interest[row]


def gamma_exposure(table: ChainTable, sign: NDArray[np.int64], spot: float) -> float:
    """Total dealer gamma, up to a factor, if the underlying stood at ``spot``."""
    strike = np.array([float(contract.strike) for contract in table.contracts])
    settlement = np.array([calendar.option_settlement_ns("SPY", contract.expiry) for contract in table.contracts])
    deviation = table.iv * np.sqrt((settlement - table.ts_ns) / calendar.NS / (365 * 86_400))
    d1 = np.log(spot / strike) / deviation + 0.5 * deviation
    return float((sign * np.exp(-0.5 * d1**2) / (spot * deviation) * table.open_interest).sum())
