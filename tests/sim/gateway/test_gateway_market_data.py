"""L1 data as it stands on the wire: permissions, types, generic ticks, greeks, combinations, halts, limits."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.sim.gateway.raw_client import CALL, HELLO_PACED, SPY, served

from alphatrader import calendar
from alphatrader.sim.gateway.generic_ticks import month_volatility
from alphatrader.sim.gateway.greeks import compute
from alphatrader.sim.gateway.polled_quotes import combo_quote
from alphatrader.sim.gateway.valuation import OptionTerms, values, volatilities
from alphatrader.sim.market.types import Auction, Depth, Greeks, Halt, Phase, Quote
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, CONTRACTS, OPEN_NS, PUT_CON_ID, SPY_CON_ID, ScriptedMarket

S = 1_000_000_000


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path) as started:
        await started.start()
        yield started


def ask(client, req_id, contract=SPY, generic="", snapshot=0, regulatory=0):
    client.ask(1, 11, req_id, *contract, 0, generic, snapshot, regulatory, "")


async def test_a_line_opens_with_its_parameters_type_and_day(client):
    client.market.trade(SPY_CON_ID, 650.01, 100, "ARCA")
    await client.settled()
    ask(client, 5)
    assert await client.message() == ["81", "5", "0.01", "9c0001", "3"]
    assert await client.message() == ["58", "1", "5", "1"]
    assert await client.message() == ["1", "6", "5", "1", "650", "500", "1"]
    assert await client.message() == ["2", "6", "5", "0", "500"]
    assert await client.tick(5, 14) == ["650.01", "0", "0"]
    assert await client.tick(5, 9) == ["648.5", "0", "0"]
    assert await client.tick(5, 49) == ["0"]


@pytest.mark.parametrize("code", [10089, 354, 10168])
async def test_without_a_subscription_live_data_are_refused(tmp_path, code):
    async with served(tmp_path, market_data=("options",), behaviours={"no_permission_code": code}) as client:
        await client.start()
        ask(client, 5)
        assert await client.error() == (5, code)
        client.ask(2, 2, 5)
        assert await client.error() == (5, 300)


async def test_without_a_subscription_type_3_gives_delayed_data(tmp_path):
    async with served(tmp_path, market_data=("options",)) as client:
        await client.start()
        client.ask(59, 1, 3)
        ask(client, 5)
        assert await client.error() == (5, 10167)
        assert await client.until(58) == ["58", "1", "5", "3"]
        assert await client.tick(5, 66) == ["650", "500", "1"]
        assert await client.tick(5, 69) == ["500"]
        ask(client, 6, CALL)
        assert (await client.error())[1] == 10090


async def test_delayed_options_have_delayed_computations(tmp_path):
    async with served(tmp_path, market_data=()) as client:
        await client.start()
        client.ask(59, 1, 4)
        ask(client, 5, CALL)
        assert await client.tick(5, 67) == ["2", "10", "1"]
        assert float((await client.tick(5, 80))[1]) > 0.1


async def test_options_without_their_stock_have_quotes_but_no_greeks(tmp_path):
    async with served(tmp_path, market_data=("options",)) as client:
        await client.start()
        ask(client, 5, CALL)
        assert await client.error() == (5, 10090)
        seen = set()
        while True:
            found = await client.message()
            seen.add(found[0])
            if found[:4] == ["2", "6", "5", "27"]:
                break
        assert "1" in seen
        assert "21" not in seen


async def test_a_wrong_type_is_refused(client):
    client.ask(59, 1, 5)
    assert await client.error() == (-1, 321)


@pytest.mark.parametrize(("kind", "absent", "shown"), [(1, True, "-1"), (1, False, "1.98"), (2, True, "1.98")])
async def test_after_the_close_sides_are_absent_unless_frozen(tmp_path, kind, absent, shown):
    market = ScriptedMarket(CLOSE_NS + S)
    async with served(tmp_path, market, behaviours={"closed_quotes_absent": absent}) as client:
        await client.start()
        client.ask(59, 1, kind)
        ask(client, 5, CALL)
        assert await client.until(58) == ["58", "1", "5", str(kind)]
        assert (await client.tick(5, 1))[0] == shown


async def test_greeks_follow_the_model(client):
    ask(client, 5, CALL)
    await client.tick(5, 49)
    client.market.announce(Greeks(client.market.now_ns, CALL_CON_ID, 0.31, 0.5, 1.99, 0.05, 0.07, -4.0, 650.0))
    kinds = set()
    while True:
        message = await client.until(21)
        kinds.add(message[2])
        if message[2] == "13" and message[4] == "0.31":
            break
    assert kinds >= {"10", "11", "13"}
    assert message[5:] == ["0.5", "1.99", "0", "0.05", "0.07", "-4", "650"]


@pytest.mark.parametrize("premium", [0.0, 0.4])
def test_each_side_is_solved_for_itself_less_the_right_of_early_exercise(premium):
    now_ns, option = OPEN_NS, CONTRACTS[1]
    terms, spot = OptionTerms([option]), np.array([650.0])
    model = float(values(terms, now_ns, spot, np.array([0.31]))["price"][0]) + premium
    greeks = Greeks(now_ns, option.con_id, 0.31, 0.5, model, 0.05, 0.07, -4.0, 650.0)
    quote = Quote(now_ns, option.con_id, model - 0.02, 5.0, model + 0.02, 5.0, model, 1.0, 9.0)
    found = compute([option], terms, {option.con_id: greeks}, {option.con_id: quote}, now_ns)[option.con_id]
    sides = [[float(value) for value in side.split(b"\0")[:-1]] for side in (found.bid, found.last, found.ask)]
    assert sides[0][0] < sides[1][0] < sides[2][0]
    assert sides[1][0] == pytest.approx(0.31, abs=1e-6)
    for side, price in zip(sides, (model - 0.02, model, model + 0.02), strict=True):
        iv = float(volatilities(terms, now_ns, spot, np.array([price - premium]))[0])
        assert side[0] == pytest.approx(iv, abs=1e-7)
        assert side[2] == pytest.approx(price, abs=1e-6)
        assert side[1] == pytest.approx(float(values(terms, now_ns, spot, np.array([iv]))["delta"][0]), abs=1e-6)


async def test_what_cannot_be_computed_is_minus_one_or_minus_two(client):
    client.market.set_quote(CALL_CON_ID, 0, 1400.0)
    ask(client, 5, CALL)
    bid, asked = await client.tick(5, 10), await client.tick(5, 11)
    assert bid[1:6] == ["-1", "-2", "-1", "-1", "-2"]
    assert asked[1:4] == ["-1", "-2", "1400"]


async def test_generic_ticks(client):
    client.market.set_depth([("ARCA", 650.0, 100), ("NASDAQ", 650.0, 100), ("NYSE", 649.9, 100)], [("IEX", 650.02, 1)])
    ask(client, 5, generic="225,232,236,293,294,295,318,375,595")
    assert await client.tick(5, 37) == ["650", "0", "0"]
    assert await client.tick(5, 46) == ["3"]
    client.market.trade(SPY_CON_ID, 650.02, 100, "ARCA")
    assert (await client.tick(5, 77))[0].startswith("650.02;100;")
    assert await client.tick(5, 84) == ["P"]
    client.market.announce(Auction(client.market.now_ns, SPY_CON_ID, "open", 650.5, 12_000))
    assert await client.tick(5, 34) == ["12000"]
    assert await client.tick(5, 35) == ["650.5", "0", "0"]


async def test_ticks_about_the_past(client):
    calendar.sessions_before("2026-11-16", 1)
    days = client.sim.gateway.past.days("SPY")
    ask(client, 5, generic="104,165")
    assert 0.05 < float((await client.tick(5, 23))[0]) < 0.5
    assert (await client.tick(5, 15))[0] == str(min(day.low for day in days[-65:]))
    assert (await client.tick(5, 20))[0] == str(max(day.high for day in days[-260:]))
    assert int((await client.tick(5, 21))[0]) > 1_000_000


async def test_exchanges_of_the_best_prices_go_by_letter(client):
    ask(client, 5)
    await client.tick(5, 49)
    rows = [("ARCA", 650.0, 100), ("NASDAQ", 650.0, 100), ("NYSE", 649.9, 100)]
    client.market.announce(Depth(client.market.now_ns, SPY_CON_ID, tuple(rows), (("IEX", 650.03, 1.0),)))
    client.market.set_quote(SPY_CON_ID, 650.0, 650.03, 300)
    assert await client.tick(5, 32) == ["PQ"]
    assert await client.tick(5, 33) == ["V"]


async def test_a_halt_is_tick_49(client):
    ask(client, 5)
    assert await client.tick(5, 49) == ["0"]
    client.market.phases[SPY_CON_ID] = Phase.HALTED
    client.market.announce(Halt(client.market.now_ns, SPY_CON_ID, True))
    assert await client.tick(5, 49) == ["1"]
    ask(client, 6)
    assert await client.tick(6, 49) == ["1"]


async def test_before_the_open_prices_say_so(tmp_path):
    market = ScriptedMarket(OPEN_NS - 3600 * S)
    market.phases[SPY_CON_ID] = Phase.PRE
    async with served(tmp_path, market) as client:
        await client.start()
        ask(client, 5)
        assert await client.tick(5, 1) == ["650", "500", "5"]


async def test_generic_ticks_that_do_not_exist_and_snapshots_with_ticks_are_321(client):
    ask(client, 5, generic="100,999")
    text = (await client.until(4))[3:5]
    assert text[0] == "321"
    assert "Incorrect generic tick list of 999" in text[1]
    ask(client, 5, generic="100", snapshot=1)
    assert await client.error() == (5, 321)


async def test_an_index_has_a_value_and_no_sizes(tmp_path):
    market = ScriptedMarket()
    index = replace(CONTRACTS[0], con_id=416904, symbol="SPX", sec_type="IND", exchange="CBOE", local_symbol="SPX")
    market.list_contracts([*CONTRACTS, index])
    market.trade(416904, 6500.5, 0.0)
    async with served(tmp_path, market) as client:
        await client.start()
        ask(client, 5, (416904, *[""] * 3, 0.0, *[""] * 7))
        await client.until(58)
        seen = []
        while (found := await client.message())[3] != "49":
            seen.append((found[0], found[3]))
        assert ("1", "4") in seen
        assert not {("1", "1"), ("1", "2"), ("2", "0"), ("2", "3"), ("2", "8")} & set(seen)


async def test_a_combination_is_priced_by_its_legs(client):
    spread = (0, "SPY", "BAG", "", 0.0, "", "", "SMART", "", "USD", "", "")
    legs = (2, CALL_CON_ID, 1, "BUY", "SMART", PUT_CON_ID, 1, "SELL", "SMART")
    client.ask(1, 11, 5, *spread, *legs, 0, "", 0, 0, "")
    assert await client.tick(5, 1) == ["0.04", "10", "1"]
    assert (await client.tick(5, 2))[0] == "0.1"
    client.market.set_quote(PUT_CON_ID, 1.70, 1.74)
    assert (await client.tick(5, 1))[0] == "0.24"
    client.ask(1, 11, 6, *spread, 1, 4711, 1, "BUY", "SMART", 0, "", 0, 0, "")
    assert await client.error() == (6, 321)


def test_a_combination_lacks_a_side_when_a_leg_does():
    one = Quote(5, 1, 1.0, 7.0, 1.1, 9.0, 0.0, 0.0, 0.0)
    two = Quote(6, 2, 0.0, 0.0, 0.4, 20.0, 0.0, 0.0, 0.0)
    bought = combo_quote([(one, 1), (two, -2)])
    assert (bought.bid, bought.bid_size) == (pytest.approx(0.2), 7.0)
    assert bought.ask_size == 0.0


async def test_limits_duplicates_and_unknown_ids(tmp_path):
    async with served(tmp_path) as client:
        await client.start(hello=HELLO_PACED)
        for req_id in range(101):
            ask(client, req_id)
        assert await client.error() == (100, 101)
        client.ask(2, 2, 0)
        ask(client, 1)
        assert await client.error() == (1, 322)
        client.ask(2, 2, 4711)
        assert await client.error() == (4711, 300)


def test_the_volatility_of_a_month_is_linear_in_total_variance():
    near = replace(CONTRACTS[1], settlement_ns=OPEN_NS + 15 * 86_400 * S)
    far = replace(CONTRACTS[1], settlement_ns=OPEN_NS + 45 * 86_400 * S)
    away = replace(near, strike=CONTRACTS[1].strike + 50)
    found = month_volatility([near, far, away], np.array([0.2, 0.3, 0.9]), 651.0, OPEN_NS)
    assert found == pytest.approx(math.sqrt((0.04 * 15 + 0.09 * 45) / 2 / 30))
