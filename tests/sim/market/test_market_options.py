"""The option surface as it is quoted: increments, spreads, opening, lags, greeks, skew, term, events, open interest."""

import itertools

import numpy as np
import pytest
from tests.sim.market.option_chains import SESSION, SPOTS, ladders, still_chain

from alphatrader import calendar
from alphatrader._core import implied_volatility
from alphatrader.domain.errors import ConfigError
from alphatrader.sim.market import ChainTable, MarketSpec, build_market
from alphatrader.sim.market.interest import InterestFactors, overnight, usual_interest
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.option_flow import OptionFlow
from alphatrader.sim.market.option_products import RATE, product_of
from alphatrader.sim.market.quoting import lagging, step_at
from alphatrader.sim.market.scheduled import ScheduledEvent


def market_at(seed: int, fraction: float) -> SessionMarket:
    return build_market(MarketSpec(seed=seed, session_date=SESSION, start_fraction=fraction))


@pytest.fixture(scope="module", params=[(3, 0.002), (7, 0.5), (12, 0.9999)], ids=str)
def table(request: pytest.FixtureRequest) -> ChainTable:
    market = market_at(*request.param)
    market.advance(market.now_ns + calendar.NS)
    return market.chain("SPY")


# ------------------------------------------------------------------------------------------------------------- quotes


@pytest.mark.parametrize("symbol", sorted(SPOTS))
@pytest.mark.parametrize("tick", [400, 20_000, 46_500])
def test_quotes_stand_on_the_increments_around_the_value(symbol: str, tick: int) -> None:
    chain = still_chain(symbol)
    quotes, values = chain.quotes(chain.all_rows, np.int64(tick)), chain.values(chain.all_rows, np.int64(tick))
    steps = chain.product.price_steps
    for side, size in ((quotes.bid, quotes.bid_size), (quotes.ask, quotes.ask_size)):
        cents = side * 100.0
        assert np.allclose(np.rint(cents), cents, atol=1e-6)
        assert np.allclose(np.rint(cents) % step_at(side, steps), 0.0)
        assert ((side > 0) == (size > 0)).all()
        assert (size == np.rint(size)).all()
    offered = quotes.ask_size > 0
    assert (quotes.bid <= values.price + 1e-9).all()
    assert (quotes.ask[offered] >= values.price[offered] - 1e-9).all()
    assert (quotes.ask[offered] > quotes.bid[offered]).all()
    # Only what is worth nothing may have no offer, only what is worth less than an increment no bid.
    assert (values.price[~offered & (chain.closes > 0)] < 0.001).all()
    assert (values.price[(quotes.bid == 0) & (chain.closes > 0)] < 0.2).all()


def test_near_the_money_spreads_are_cents(table: ChainTable) -> None:
    today = table.contracts[0].expiry
    for row, contract in enumerate(table.contracts):
        if contract.expiry == today and abs(float(contract.strike) - table.spot) < 1.0:
            assert table.ask[row] - table.bid[row] < 0.11


def test_series_open_one_by_one_and_freeze_at_their_end() -> None:
    chain = still_chain("SPX", moves=0.002)
    rows = chain.all_rows
    nobody = chain.quotes(rows, np.int64(-1))
    assert not nobody.bid_size.any()
    assert not nobody.ask_size.any()
    opened = [(chain.quotes(rows, np.int64(tick)).ask_size > 0).mean() for tick in (0, 10, 40, 100)]
    assert opened == sorted(opened)
    assert opened[0] < 0.3 < 0.8 < opened[-1]
    expiring = np.array([o.trading_class == "SPXW" and o.expiry == "20261120" for o in chain.options])
    last, later = chain.quotes(rows[expiring], np.int64(46_799)), chain.quotes(rows[expiring], np.int64(48_000))
    for one, other in zip(last, later, strict=True):
        assert (one == other).all()
    others = ~expiring & (chain.closes > 0)
    moved = chain.quotes(rows[others], np.int64(46_799)).bid != chain.quotes(rows[others], np.int64(48_000)).bid
    assert moved.mean() > 0.3


def test_quotes_sometimes_lag_by_a_few_seconds() -> None:
    chain = still_chain("AAPL")
    ticks = np.arange(2_000, 12_000)
    rows = chain.all_rows[::20]
    behind = ticks[:, None] - lagging(chain.keys[rows], ticks[:, None], 0.04)
    assert behind.min() == 0
    assert behind.max() == 8
    assert 0.02 < (behind > 0).mean() < 0.06


def test_nobody_quotes_or_trades_in_a_halt() -> None:
    chain = still_chain("SPY")
    chain.backdrop.halted[20_000:20_600] = True
    rows = chain.all_rows
    for tick, quoted in ((19_999, True), (20_000, False), (20_599, False), (20_600, True)):
        quotes = chain.quotes(rows, np.int64(tick))
        assert bool(quotes.bid_size.any()) is quoted
        assert bool(quotes.ask_size.any()) is quoted
    halted = OptionFlow(chain).prints(rows, 166, 172, priced=False)
    tick = (halted.ts_ns - chain.backdrop.open_ns) // 500_000_000
    assert ((tick < 20_000) | (tick >= 20_600)).all()
    assert len(tick)


def test_a_jump_widens_spreads() -> None:
    calm, wide = still_chain("SPY"), still_chain("SPY", widening=3.0)
    one, other = (chain.quotes(chain.all_rows, np.int64(20_000)) for chain in (calm, wide))
    assert ((other.ask - other.bid) >= (one.ask - one.bid) - 1e-9)[one.ask_size > 0].mean() > 0.99
    assert (other.ask - other.bid).mean() > 2.0 * (one.ask - one.bid).mean()


# ------------------------------------------------------------------------------------------------------------- values


def test_iv_is_skewed_to_puts_and_matches_the_price() -> None:
    for symbol in SPOTS:
        chain = still_chain(symbol)
        values, spot = chain.values(chain.all_rows, np.int64(20_000)), SPOTS[symbol]
        for _, expiry, rows in ladders(chain):
            if chain.closes[rows[0, 0]] <= 20_000:
                continue
            strike = chain.strike[rows[:, 0]]
            low, middle, high = (np.abs(strike - spot * level).argmin() for level in (0.95, 1.0, 1.05))
            iv = values.iv[rows[:, 0]]
            assert iv[low] > iv[middle], (symbol, expiry)
            assert iv[low] > iv[high], (symbol, expiry)
            assert np.allclose(iv, values.iv[rows[:, 1]])
    chain = still_chain("XSP")
    values = chain.values(chain.all_rows, np.int64(20_000))
    seconds = np.array([(o.settlement_ns - chain.backdrop.instant(20_000)) / calendar.NS for o in chain.options])
    found = implied_volatility(
        values.price, np.full(len(seconds), 650.0), chain.strike, seconds, chain.sign, rate=RATE,
        dividend_yield=chain.product.dividend_yield,
    )  # fmt: skip
    clear = np.abs(values.delta) < 0.9
    assert np.allclose(found[clear & np.isfinite(found)], values.iv[clear & np.isfinite(found)], rtol=1e-6)
    assert np.isfinite(found[clear & (values.price > 0.05)]).all()


def test_the_term_structure_rises_in_a_calm_market_and_falls_in_a_busy_one() -> None:
    for factor, rises in ((0.7, True), (3.0, False)):
        chain = still_chain("SPX", factor=factor)
        iv = chain.values(chain.all_rows, np.int64(20_000)).iv
        at_the_money = [
            float(iv[rows[np.abs(chain.strike[rows[:, 0]] - 6500.0).argmin(), 0]])
            for _, expiry, rows in ladders(chain)
            if expiry > "20261127"
        ]
        assert (at_the_money[-1] > at_the_money[0]) is rises


def test_an_event_raises_the_expiries_that_span_it_until_it_has_passed() -> None:
    event = ScheduledEvent("FOMC", SESSION, "14:00", 1.5)
    plain, bumped = still_chain("SPX"), still_chain("SPX", events=(event,))
    before, after = np.int64(30_000), np.int64(33_000)  # 13:40 and 14:05
    rises = bumped.values(bumped.all_rows, before).iv / plain.values(plain.all_rows, before).iv
    middle = np.abs(plain.strike - 6500.0) < 20
    by_series = [float(rises[middle & (plain.series_of == series)].mean()) for series in range(len(plain.series))]
    trading = [plain.closes[rows[0, 0]] > 0 for _, _, rows in ladders(plain)]
    bumps = list(itertools.compress(by_series, trading))
    assert bumps[0] > 1.5
    assert bumps == sorted(bumps, reverse=True)
    assert bumps[-1] > 1.001
    same = bumped.values(bumped.all_rows, after).iv == plain.values(plain.all_rows, after).iv
    assert same.all()
    # Earnings after the close concern the next expiry, not today's; and only the company that reports.
    earnings = ScheduledEvent("earnings", SESSION, "16:05", 10.0, ("AAPL",))
    assert not earnings.concerns("SPY")
    chain, quiet = still_chain("AAPL", events=(earnings,)), still_chain("AAPL")
    more = chain.values(chain.all_rows, before).iv / quiet.values(quiet.all_rows, before).iv
    assert np.allclose(more[chain.series_of == 0], 1.0)
    assert (more[(chain.series_of == 1) & (np.abs(chain.strike - 265.0) < 10)] > 1.4).all()


@pytest.mark.parametrize(
    ("sessions", "date", "clock"), [(0.0, SESSION, "14:00"), (99.0, SESSION, "14:00"), (1.0, "soon", "14:00")]
)
def test_an_impossible_event_is_refused(sessions: float, date: str, clock: str) -> None:
    with pytest.raises(ConfigError):
        ScheduledEvent("odd", date, clock, sessions)


def test_an_event_is_read_from_its_text() -> None:
    assert ScheduledEvent.parse("FOMC@2026-12-09T14:00=1.5") == ScheduledEvent("FOMC", "2026-12-09", "14:00", 1.5)
    earnings = ScheduledEvent.parse("Q4 earnings/AAPL@2027-01-28T16:05=10")
    assert earnings == ScheduledEvent("Q4 earnings", "2027-01-28", "16:05", 10.0, ("AAPL",))
    for text in ("FOMC", "FOMC@2026-12-09=1", "FOMC@2026-13-09T14:00=1", "@2026-12-09T14:00=1", "X@2026-12-09T14:00=0"):
        with pytest.raises(ConfigError):
            ScheduledEvent.parse(text)


@pytest.mark.parametrize("symbol", ["SPX", "SPY"])
def test_greeks_are_derivatives_of_the_price(symbol: str) -> None:
    """Up to the slope of the smile: the volatility of a strike moves with the price of the underlying."""
    spot = SPOTS[symbol]
    chain = still_chain(symbol, spot)
    rows = np.flatnonzero((np.abs(chain.strike / spot - 1.0) < 0.03) & (chain.series_of == len(chain.series) - 3))
    values = chain.values(rows, np.int64(20_000))
    price, delta, gamma = [], [], []
    strike, sign, iv = chain.strike[rows], chain.sign[rows], values.iv
    seconds = np.array([(chain.options[row].settlement_ns - chain.backdrop.instant(20_000)) / 1e9 for row in rows])
    from alphatrader._core import american_value, black_scholes  # noqa: PLC0415

    value = american_value if chain.options[0].style == "american" else black_scholes
    for moved in (spot - 0.5, spot, spot + 0.5):
        got = value(np.full(len(rows), moved), strike, seconds, iv, sign, rate=RATE, dividend_yield=0.012)
        price.append(got["price"])
        delta.append(got["delta"])
        gamma.append(got["gamma"])
    assert np.allclose(values.price, price[1], rtol=2e-3)
    assert np.allclose(values.delta, (price[2] - price[0]), atol=0.01)
    assert np.allclose(values.gamma, gamma[1], rtol=0.08)


def test_deep_american_puts_are_worth_exercising() -> None:
    chain = still_chain("SPY")
    values = chain.values(chain.all_rows, np.int64(20_000))
    deep = (chain.sign < 0) & (chain.strike > 1.10 * 650.0) & (chain.series_of < 5) & (chain.series_of > 0)
    assert deep.sum() > 5
    assert np.allclose(values.price[deep], chain.strike[deep] - 650.0, atol=1e-6)
    assert (values.delta[deep] == -1.0).all()
    assert (values.theta[deep] == 0.0).all()


def test_greeks_and_settlement_at_half_past_nine_and_in_the_last_seconds() -> None:
    for fraction in (0.002, 0.9999):
        market = market_at(5, fraction)
        market.advance(market.now_ns + calendar.NS)
        spot = market.chain("SPY").spot
        option = min(
            (c for c in market.contracts() if c.expiry == "20261120" and c.right == "C"),
            key=lambda contract: abs(float(contract.strike) - spot),
        )
        greeks = market.greeks(option.con_id)
        assert 0.0 <= greeks.delta <= 1.0
        assert greeks.gamma >= 0
        assert abs(greeks.underlying_price - spot) < 0.02
        assert greeks.price > 0


# ------------------------------------------------------------------------------------------------------ open interest


def interest_of(symbol: str, seed: int, factors: InterestFactors | None = None) -> tuple[np.ndarray, np.ndarray]:
    chain = still_chain(symbol, seed=seed)
    spot = SPOTS[symbol]
    args = (product_of(symbol, SPOTS[symbol]), chain.options, SESSION, spot, seed)
    return usual_interest(*args) if factors is None else usual_interest(*args, factors), chain


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_open_interest_has_walls_at_round_strikes_and_a_flip_near_spot(seed: int) -> None:
    interest, chain = interest_of("SPY", seed)
    gamma = chain.values(chain.all_rows, np.int64(20_000)).gamma * interest
    for side in (1, -1):
        levels = np.unique(chain.strike)
        wall = levels[np.argmax([gamma[(chain.strike == level) & (chain.sign == side)].sum() for level in levels])]
        assert wall % 5 == 0
    calls, puts = (interest * (chain.sign == side) for side in (1, -1))
    assert (calls * chain.strike).sum() / calls.sum() > (puts * chain.strike).sum() / puts.sum() + 5
    iv = chain.values(chain.all_rows, np.int64(20_000)).iv
    years = np.array(
        [(o.settlement_ns - chain.backdrop.instant(20_000)) / calendar.NS / 31_536_000 for o in chain.options]
    )

    def dealer_gamma(spot: float) -> float:
        deviation = iv * np.sqrt(years)
        d1 = np.log(spot / chain.strike) / deviation + 0.5 * deviation
        return float((chain.sign * np.exp(-0.5 * d1**2) / (spot * deviation) * interest).sum())

    assert dealer_gamma(0.94 * 650.0) < 0 < dealer_gamma(1.06 * 650.0)


def test_a_scenario_can_pin_a_strike_and_raise_puts() -> None:
    plain, chain = interest_of("SPY", 4)
    pinned, _ = interest_of("SPY", 4, InterestFactors(pinned=8.0))
    at_pin = (chain.series_of == 0) & (chain.strike == 650.0)
    assert (
        pinned[at_pin].sum() / pinned[chain.series_of == 0].sum()
        > 2.5 * plain[at_pin].sum() / plain[chain.series_of == 0].sum()
    )
    fearful, _ = interest_of("SPY", 4, InterestFactors(puts=2.0))
    ratio = [found[chain.sign < 0].sum() / found[chain.sign > 0].sum() for found in (plain, fearful)]
    assert ratio[1] > 1.7 * ratio[0]


def test_open_interest_moves_overnight_by_no_more_than_was_traded() -> None:
    usual, chain = interest_of("SPY", 5)
    before = (usual * 0.8).astype(np.int64)
    volume = np.floor(usual * np.random.default_rng(1).random(len(usual)) ** 3)
    after = overnight(before, usual, volume, chain.options, 5, SESSION)
    assert (after >= 0).all()
    assert (np.abs(after - before) <= volume).all()
    assert (after != before).mean() > 0.3
    assert overnight(before, usual, np.zeros(len(usual)), chain.options, 5, SESSION).tolist() == before.tolist()


def test_tables_agree_with_single_contracts(table: ChainTable) -> None:
    assert len({id(column) for column in (table.bid, table.ask)}) == 2
    market = market_at(7, 0.5)
    market.advance(market.now_ns + calendar.NS)
    chain = market.chain("SPY")
    for row, contract in list(enumerate(chain.contracts))[::211]:
        quote, greeks = market.quote(contract.con_id), market.greeks(contract.con_id)
        assert (quote.bid, quote.ask, quote.volume) == (chain.bid[row], chain.ask[row], chain.volume[row])
        assert (greeks.iv, greeks.delta) == (chain.iv[row], chain.delta[row])
        assert market.open_interest(contract.con_id) == chain.open_interest[row]


def test_the_previous_close_has_the_same_series_and_interest() -> None:
    market = market_at(7, 0.5)
    before, now = market.previous_chain("SPY"), market.chain("SPY")
    assert before.spot == market.previous_close("SPY")
    assert before.ts_ns < market.open_ns
    assert list(before.contracts) == list(now.contracts)
    assert (before.open_interest == now.open_interest).all()
    assert (before.bid <= before.ask)[before.ask > 0].all()
    assert before.volume.sum() > 1e6
