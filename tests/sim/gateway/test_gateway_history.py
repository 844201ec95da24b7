"""History over the wire: bars of all kinds and sizes, schedules, bars that go on, ticks, histograms, limits."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.gateway.raw_client import CALL, HELLO_981, SPY, served

from alphatrader import calendar
from alphatrader.sim.gateway.history_bars import HistoryBar, grouped
from alphatrader.sim.gateway.history_window import find_window
from alphatrader.sim.market.types import Print
from alphatrader.sim.scripted import CONTRACTS, OPEN_NS, PREVIOUS_CLOSE, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.wire.times import BAR_SIZES, Duration, TimeTextError, read_bar_size_s, read_duration

S = 1_000_000_000


def traded():
    """A market with a print every twenty seconds since the open."""
    market = ScriptedMarket()
    market.add_history(
        [Print(OPEN_NS + at * S, SPY_CON_ID, 650 + at % 7 / 100, 10 + at % 3, "ARCA", "") for at in range(0, 3600, 20)]
    )
    return market


@pytest.fixture(scope="module", autouse=True)
def _calendar_loaded():
    """The calendar takes seconds to load: not within a test's time-out."""
    calendar.sessions_before("2026-11-16", 1)


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path, traded()) as started:
        await started.start()
        yield started


def ask(client, req_id, what, bar="1 min", duration="1 D", contract=SPY, end="", rth=1, fmt=2, keep=0):
    client.ask(20, req_id, *contract, 0, end, bar, duration, rth, what, fmt, keep, "")


async def bars(client):
    """Rows of the next 17, as (date, open, high, low, close, volume, average, count)."""
    _, _, _, _, count, *fields = await client.until(17)
    rows = [tuple(fields[at : at + 8]) for at in range(0, len(fields), 8)]
    assert len(rows) == int(count)
    return rows


@pytest.mark.parametrize(
    ("what", "contract", "first"),
    [
        ("TRADES", SPY, ("650", "650.06", "650", "650.05")),
        ("BID", SPY, ("650",) * 4),
        ("ASK", SPY, ("650.02",) * 4),
        ("MIDPOINT", SPY, ("650.01",) * 4),
        ("BID_ASK", SPY, ("650", "650.02", "650", "650.02")),
        ("MIDPOINT", CALL, ("1.99",) * 4),
    ],
)
async def test_bars_of_the_session_by_kind(client, what, contract, first):
    ask(client, 5, what, contract=contract)
    rows = await bars(client)
    assert rows[0][0] == str(OPEN_NS // S)
    assert rows[0][1:5] == first
    assert len(rows) in {60, 61}
    traded_amounts = ("33", "3")
    assert (rows[0][5], rows[0][7]) == (traded_amounts if what == "TRADES" else ("-1", "-1"))


async def test_bars_reach_into_the_past_and_join(client):
    ask(client, 5, "TRADES", "1 day", "10 D")
    rows = await bars(client)
    assert len(rows) == 10
    assert rows[-1][0] == "20261116"
    assert rows[-2][0] == "20261113"
    assert float(rows[-2][4]) == PREVIOUS_CLOSE
    ask(client, 6, "TRADES", "1 hour", "2 D")
    hours = await bars(client)
    assert [row[4] for row in hours if row[0] < str(OPEN_NS // S)][-1] == str(PREVIOUS_CLOSE)
    starts = [dt.datetime.fromtimestamp(int(row[0]), dt.UTC).strftime("%H:%M") for row in hours]
    assert starts == ["14:30", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00", "14:30", "15:00"]
    ask(client, 7, "ADJUSTED_LAST", "1W", "3 M")
    assert 12 <= len(await bars(client)) <= 15
    ask(client, 8, "TRADES", "1 month", "1 Y")
    assert len(await bars(client)) in {12, 13}


async def test_bars_end_where_they_are_told_and_name_their_zone(client):
    ask(client, 5, "TRADES", "5 mins", "1800 S", end="20261116 10:00:00 US/Eastern", fmt=1)
    rows = await bars(client)
    assert rows[0][0] == "20261116 09:30:00 US/Eastern"
    assert len(rows) == 6
    ask(client, 6, "TRADES", "30 secs", "60 S", end="20261113-20:30:00")
    past = await bars(client)
    assert len(past) == 2
    assert [row[0] for row in past] == ["1794601740", "1794601770"]


async def test_version_157_has_dates_without_zones(tmp_path):
    async with served(tmp_path, traded()) as client:
        await client.start(hello=HELLO_981)
        ask(client, 5, "TRADES", "5 mins", "1800 S", end="20261116 10:00:00", fmt=1)
        assert (await bars(client))[0][0] == "20261116  09:30:00"


async def test_volatilities_are_daily(client):
    ask(client, 5, "HISTORICAL_VOLATILITY", "1 day", "1 M")
    realized = [float(row[4]) for row in await bars(client)]
    ask(client, 6, "OPTION_IMPLIED_VOLATILITY", "1 day", "1 M")
    implied = [float(row[4]) for row in await bars(client)]
    assert len(realized) == len(implied) > 18
    assert all(0.05 < value < 0.4 for value in realized)
    assert all(after > before for before, after in zip(realized, implied, strict=True))


async def test_options_have_quotes_of_days_before(client):
    ask(client, 5, "MIDPOINT", "1 hour", "2 D", contract=CALL)
    rows = await bars(client)
    assert len(rows) == 9
    assert all(float(row[3]) <= float(row[4]) <= float(row[2]) for row in rows)


async def test_an_index_has_bars_of_its_value_alone(tmp_path):
    market = traded()
    index = replace(CONTRACTS[0], con_id=416904, symbol="SPX", sec_type="IND", exchange="CBOE", local_symbol="SPX")
    market.list_contracts([*CONTRACTS, index])
    market.trade(416904, 6500.5, 0.0)
    async with served(tmp_path, market) as client:
        await client.start()
        ask(client, 5, "TRADES", "1 min", "300 S", contract=(416904, *[""] * 3, 0.0, *[""] * 7))
        assert {row[4] for row in await bars(client)} == {"6500.5"}
        ask(client, 6, "MIDPOINT", "1 min", "300 S", contract=(416904, *[""] * 3, 0.0, *[""] * 7))
        assert await client.error() == (6, 162)


async def test_the_schedule(client):
    ask(client, 5, "SCHEDULE", "1 day", "2 D")
    found = await client.until(106)
    assert found[1] == "5"
    assert found[4:6] == ["US/Eastern", "2"]
    assert found[6:9] == ["20261113-09:30:00", "20261113-16:00:00", "20261113"]


@pytest.mark.parametrize(
    ("request_options", "words"),
    [
        ({"what": "NONSENSE"}, "Invalid whatToShow"),
        ({"what": "TRADES", "bar": "7 mins"}, "Legal ones are"),
        ({"what": "TRADES", "duration": "2"}, "duration format"),
        ({"what": "TRADES", "duration": "400 D"}, "in years"),
        ({"what": "TRADES", "duration": "90000 S"}, "in days"),
        ({"what": "TRADES", "bar": "1 secs", "duration": "1 D"}, "exceed max"),
        ({"what": "TRADES", "end": "yesterday"}, "time-zone"),
        ({"what": "ADJUSTED_LAST", "end": "20261116 10:00:00"}, "adjusted last"),
        ({"what": "TRADES", "end": "20261116 10:00:00", "keep": 1}, "keepUpToDate"),
        ({"what": "SCHEDULE", "bar": "1 hour"}, "1 day"),
    ],
)
async def test_requests_that_make_no_sense_are_321(client, request_options, words):
    ask(client, 5, **request_options)
    error = await client.until(4)
    assert error[2:4] == ["5", "321"]
    assert words in error[4]


async def test_bars_that_are_kept_up_to_date(client):
    ask(client, 5, "TRADES", "1 min", "300 S", keep=1)
    last = (await bars(client))[-1]
    client.market.trade(SPY_CON_ID, 655.5, 7)
    update = await client.until(90)
    assert update[1] == "5"
    count, date, _, close, high, low, _, volume = update[2:]
    assert int(date) >= int(last[0])
    assert (close, high) == ("655.5", "655.5")
    assert float(low) <= 655.5
    assert int(count) >= 1
    assert float(volume) >= 7
    assert client.sim.gateway.history.watched() == {SPY_CON_ID}
    client.ask(25, 1, 5)
    assert "cancelled: 5" in (await client.until(4))[4]
    client.ask(25, 1, 5)
    assert await client.error() == (5, 366)


async def test_historical_ticks_of_all_kinds(client):
    for req_id, what, message_id, width in ((5, "TRADES", 98, 6), (6, "BID_ASK", 97, 6), (7, "MIDPOINT", 96, 4)):
        client.ask(96, req_id, *SPY, 0, "20261116 09:30:00 US/Eastern", "", 50, what, 1, 0, "")
        _, _, count, *fields = await client.until(message_id)
        assert fields.pop() == "1"
        assert len(fields) == width * int(count) > 0
    client.ask(96, 8, *SPY, 0, "20261116 09:30:00", "20261116 10:30:00", 50, "TRADES", 1, 0, "")
    assert await client.error() == (8, 10187)
    client.ask(96, 8, *SPY, 0, "20261116 09:30:00", "", 50, "GOSSIP", 1, 0, "")
    assert await client.error() == (8, 10187)


async def test_the_histogram_adds_up_to_the_volume(client):
    client.ask(88, 5, *SPY, 0, 1, "1 day")
    _, _, count, *fields = await client.until(89)
    assert len(fields) == 2 * int(count)
    assert sum(int(size) for size in fields[1::2]) == sum(10 + at % 3 for at in range(0, 3600, 20))
    client.ask(88, 6, *SPY, 0, 1, "a while")
    assert await client.error() == (6, 321)


async def test_head_timestamps_are_the_first_invented_day(client):
    client.ask(87, 5, *SPY, 0, 1, "TRADES", 2)
    first = dt.datetime.fromtimestamp(int((await client.until(88))[2]), dt.UTC)
    assert first.year == 2021
    client.ask(87, 6, *CALL, 0, 1, "TRADES", 1)
    assert (await client.until(88))[2] == "20261116-14:30:00"


@pytest.mark.parametrize("all_bars", [False, True])
async def test_pacing_of_history(tmp_path, all_bars):
    async with served(tmp_path, traded(), behaviours={"history_pacing_all_bars": all_bars}) as client:
        await client.start()
        ask(client, 1, "TRADES", "5 secs", "60 S")
        ask(client, 2, "TRADES", "5 secs", "60 S")
        assert await client.error() == (2, 162)  # identical
        for req_id in range(3, 8):
            ask(client, req_id, "TRADES", "5 secs", f"{60 * req_id} S")
        assert await client.error() == (7, 162)  # the sixth of one contract
        ask(client, 8, "TRADES", "1 min", "600 S")
        if all_bars:
            assert await client.error() == (8, 162)
        else:
            assert await bars(client)


@pytest.mark.parametrize("paced", [False, True])
async def test_pacing_of_historical_ticks(tmp_path, paced):
    async with served(tmp_path, traded(), behaviours={"history_pacing_ticks": paced}) as client:
        await client.start()
        for req_id in range(1, 8):
            client.ask(96, req_id, *SPY, 0, "", "20261116-15:30:00", 10 + req_id, "TRADES", 1, 0, "")
        answers = [await client.message() for _ in range(7)]
        refused = [(fields[2], fields[3]) for fields in answers if fields[0] == "4"]
        assert refused == ([("6", "162"), ("7", "162")] if paced else [])


async def test_sixty_requests_in_ten_minutes_and_bid_ask_counts_double(client):
    pacing = client.sim.gateway.history.pacing
    from alphatrader.sim.wire.data_requests import HistoryRequest  # noqa: PLC0415
    from alphatrader.sim.wire.queries import ContractQuery  # noqa: PLC0415

    def request(number, what="BID_ASK"):
        return HistoryRequest(1, ContractQuery(con_id=number), "", "5 secs", "60 S", True, what, 1, False)

    assert all(pacing.allows(request(number), 5, 1000.0) for number in range(30))
    assert not pacing.allows(request(99, "TRADES"), 5, 1001.0)
    assert pacing.allows(request(99, "TRADES"), 5, 1601.0)


async def test_pacing_can_be_left_out(tmp_path):
    async with served(tmp_path, traded(), behaviours={"history_pacing": False}) as client:
        await client.start()
        for req_id in range(10):
            ask(client, req_id, "TRADES", "5 secs", "60 S")
            assert len(await bars(client)) > 0


@given(st.sampled_from(sorted(set(BAR_SIZES.values()))), st.integers(0, 3599), st.integers(1, 3600))
def test_every_bar_holds_its_pieces(bar_s, second, length):
    market = traded()
    end_ns = OPEN_NS + second * S + 1
    window = find_window(market, CONTRACTS[0], end_ns, Duration(length, "S"), min(bar_s, 86_400), regular_hours=True)
    assert all(start_ns < stop_ns <= end_ns for start_ns, stop_ns in window.today)
    for start_ns, _ in window.today:
        assert window.start_of(start_ns) <= start_ns


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(1, 9)), min_size=1, max_size=30))
def test_grouping_keeps_volume_and_range(pieces):
    pieces = sorted(pieces)
    found = grouped([HistoryBar(at, p, p, p, p, 1.0, p, 1) for at, p in pieces], lambda at: at // 10 * 10)
    assert sum(bar.volume for bar in found) == len(pieces)
    assert max(bar.high for bar in found) == max(price for _, price in pieces)
    assert [bar.start_ns for bar in found] == sorted({at // 10 * 10 for at, _ in pieces})


@pytest.mark.parametrize("text", ["", "5", "0 D", "5 H", "-1 D", "366 D", "53 W", "14 M"])
def test_durations_that_are_refused(text):
    with pytest.raises(TimeTextError):
        read_duration(text)


def test_bar_sizes_in_their_several_spellings():
    assert read_bar_size_s("1 secs") == read_bar_size_s("1 sec") == 1
    assert read_bar_size_s("1W") == read_bar_size_s("1 week") == 7 * 86_400
