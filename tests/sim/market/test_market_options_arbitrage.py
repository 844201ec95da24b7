"""No static arbitrage: at values within the stated bounds, at quotes not at all, over seeds, times and products."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.sim.market.option_chains import SPOTS, ladders, still_chain

from alphatrader import calendar
from alphatrader.sim.market.chain import OptionChain
from alphatrader.sim.market.option_products import RATE
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.surface import YEAR_S, total_variance

EUROPEAN_BOUND = 2e-5
"""Dollars, at values."""
AMERICAN_BOUND = 1e-4
"""Part of the strike: the approximation of early exercise bends that much at the exercise boundary."""

FOMC = ScheduledEvent("FOMC", "2026-11-25", "14:00", 1.0)

chains = st.builds(
    still_chain,
    st.sampled_from(sorted(SPOTS)),
    factor=st.floats(0.5, 3.0),
    widening=st.floats(1.0, 6.0),
    sigma=st.floats(0.004, 0.022),
    seed=st.integers(0, 2**31),
    date=st.sampled_from(["2026-11-20", "2026-11-25", "2026-11-27", "2026-12-17", "2027-01-04"]),
    events=st.sampled_from([(), (FOMC,)]),
)
ticks = st.one_of(st.integers(0, 48_599), st.sampled_from([0, 46_790, 46_799]))
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def years_left(chain: OptionChain, row: int, tick: int) -> float:
    option = chain.options[row]
    held = min(tick, int(chain.closes[row]) - 1)
    return max((option.settlement_ns - chain.backdrop.instant(held)) / calendar.NS, 1.0) / YEAR_S


def trading(chain: OptionChain, rows: NDArray[np.intp], tick: int) -> bool:
    """Whether a series trades (one that has stopped stands at the quotes of another moment)."""
    return bool(tick < chain.closes[rows[0, 0]])


@few
@given(chains, ticks)
def test_values_allow_no_butterfly_vertical_or_parity_arbitrage(chain: OptionChain, tick: int) -> None:
    tick = min(tick, chain.backdrop.ticks - 1)
    price, spot = chain.values(chain.all_rows, np.int64(tick)).price, float(chain.backdrop.spot[tick])
    american = chain.options[0].style == "american"
    for _, _, rows in ladders(chain):
        if not trading(chain, rows, tick):
            continue
        strike = chain.strike[rows[:, 0]]
        bound = AMERICAN_BOUND * strike[1:-1] if american else np.full(len(strike) - 2, EUROPEAN_BOUND)
        for side in (0, 1):
            value = price[rows[:, side]]
            slope = np.diff(value) / np.diff(strike)
            butterfly = np.diff(slope) * np.minimum(np.diff(strike)[1:], np.diff(strike)[:-1])
            assert (butterfly >= -bound).all()
            fall = -slope if side == 0 else slope
            assert (fall >= -1e-4).all()
            assert (fall <= 1.0 + 1e-4).all()
        years = years_left(chain, int(rows[0, 0]), tick)
        call_less_put = price[rows[:, 0]] - price[rows[:, 1]]
        of_spot = spot * np.exp(-chain.product.dividend_yield * years)
        forward = of_spot - strike * np.exp(-RATE * years)
        if american:
            assert (call_less_put <= spot - strike * np.exp(-RATE * years) + 1e-6).all()
            assert (call_less_put >= of_spot - strike - 1e-6).all()
        else:
            assert np.allclose(call_less_put, forward, atol=1e-6 * spot)


@few
@given(chains, ticks)
def test_later_expiries_are_worth_more(chain: OptionChain, tick: int) -> None:
    """Total variance at a distance from the forward grows with the expiry; so do American values at a strike."""
    tick = min(tick, chain.backdrop.ticks - 1)
    price = chain.values(chain.all_rows, np.int64(tick)).price
    american = chain.options[0].style == "american"
    before: dict[tuple[float, int], float] = {}
    for _, _, rows in ladders(chain):
        if not trading(chain, rows, tick):
            continue
        value = price[rows]
        for strike, pair in zip(chain.strike[rows[:, 0]].tolist(), value.tolist(), strict=True):
            # A European put may lose value with time, as its strike is paid later; a call never does while interest
            # exceeds dividends.
            for side in (0, 1) if american else (0,):
                bound = AMERICAN_BOUND * strike if american else EUROPEAN_BOUND
                assert pair[side] >= before.get((strike, side), 0.0) - bound
                before[strike, side] = pair[side]


@few
@given(chains, ticks)
def test_nothing_is_free_at_the_quotes(chain: OptionChain, tick: int) -> None:
    """Neither verticals, butterflies, boxes, conversions nor calendars pay anything at bid and ask.

    Quotes that lag are as of another moment; as the price stands still here, they count too.
    """
    tick = min(tick, chain.backdrop.ticks - 1)
    quotes, spot = chain.quotes(chain.all_rows, np.int64(tick)), float(chain.backdrop.spot[tick])
    bid = quotes.bid
    ask = np.where(quotes.ask_size > 0.0, quotes.ask, np.inf)
    american = chain.options[0].style == "american"
    before: dict[tuple[float, int], float] = {}
    for _, _, rows in ladders(chain):
        if not trading(chain, rows, tick):
            continue
        strike, gap = chain.strike[rows[:, 0]], np.diff(chain.strike[rows[:, 0]])
        years = years_left(chain, int(rows[0, 0]), tick)
        for side in (0, 1):
            sell, buy = bid[rows[:, side]], ask[rows[:, side]]
            dear, cheap = (slice(None, -1), slice(1, None)) if side == 0 else (slice(1, None), slice(None, -1))
            assert (sell[cheap] <= buy[dear] + 1e-9).all()
            assert (sell[dear] - buy[cheap] <= gap + 1e-9).all()
            near, far = gap[1:], gap[:-1]
            assert (sell[1:-1] * (near + far) <= buy[:-2] * near + buy[2:] * far + 1e-9).all()
            for at, one_bid, one_ask in zip(strike.tolist(), sell.tolist(), buy.tolist(), strict=True):
                if american or side == 0:
                    assert before.get((at, side), 0.0) <= one_ask + 1e-9
                before[at, side] = one_bid
        put_bid, put_ask, call_bid, call_ask = bid[rows[:, 1]], ask[rows[:, 1]], bid[rows[:, 0]], ask[rows[:, 0]]
        paid = strike * np.exp(-RATE * years)
        held = spot * np.exp(-chain.product.dividend_yield * years)
        most, least = (spot - paid, held - strike) if american else (held - paid, held - paid)
        assert (call_bid - put_ask <= most + 1e-6).all()
        assert (call_ask - put_bid >= least - 1e-6).all()
        if american:
            assert (put_ask >= strike - spot - 1e-9).all()
            assert (call_ask >= spot - strike - 1e-9).all()


@pytest.mark.parametrize("at_the_money", [1e-7, 1e-6, 2e-5, 2e-4, 4e-3, 4e-2])
@pytest.mark.parametrize(("curvature", "skew"), [(1.43, 0.194), (1.25, 0.216), (1.15, 0.250), (1.30, 0.210)])
def test_the_surface_has_positive_densities(at_the_money: float, curvature: float, skew: float) -> None:
    """Durrleman's function g of the smile is positive far beyond all strikes listed."""
    k = np.linspace(-8.0, 8.0, 4001) * at_the_money**0.5
    w = total_variance(k, np.full(len(k), at_the_money), curvature, skew)
    slope = np.gradient(w, k)
    bend = np.gradient(slope, k)
    g = (1.0 - k * slope / (2.0 * w)) ** 2 - slope**2 / 4.0 * (1.0 / w + 0.25) + bend / 2.0
    assert (g[5:-5] > 0.0).all()


@given(st.floats(1e-7, 0.05), st.floats(1.02, 8.0), st.sampled_from([(1.43, 0.194), (1.25, 0.216), (1.15, 0.250)]))
def test_smiles_never_cross(at_the_money: float, ratio: float, shape: tuple[float, float]) -> None:
    k = np.linspace(-1.0, 1.0, 801) * (10.0 * at_the_money**0.5)
    near = total_variance(k, np.full(len(k), at_the_money), *shape)
    far = total_variance(k, np.full(len(k), at_the_money * ratio), *shape)
    assert (far >= near * (1.0 - 1e-12)).all()
