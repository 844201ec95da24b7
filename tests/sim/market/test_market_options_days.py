"""Options from day to day: what expires and appears, how interest moves, how they settle, what is known of the past."""

import numpy as np
import pytest

from alphatrader import calendar
from alphatrader.sim.market import ChainTable, MarketSpec, build_market
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.types import Phase

THURSDAY, FRIDAY = "2026-11-19", "2026-11-20"


class Evening:
    """A market of SPY and SPX on a Thursday evening, and what it said then."""

    def __init__(self) -> None:
        spec = MarketSpec(seed=11, session_date=THURSDAY, symbols=("SPY", "SPX"), start_at="16:20")
        market = build_market(spec)
        assert isinstance(market, SessionMarket)
        self.market = market
        self.options = {c.con_id: c for c in market.contracts() if c.sec_type == "OPT"}
        self.tables = {symbol: market.chain(symbol) for symbol in ("SPY", "SPX")}
        spot = self.tables["SPY"].spot
        self.stays = min(
            (c for c in self.options.values() if c.trading_class == "SPY" and c.expiry == "20261124"),
            key=lambda c: abs(float(c.strike) - spot),
        )
        self.prints = market.history(self.stays.con_id, 0, market.now_ns)
        market.skip_to(calendar.to_ns(FRIDAY, "10:00"))


@pytest.fixture(scope="module")
def evening() -> Evening:
    return Evening()


def rows_of(table: ChainTable) -> dict[int, int]:
    return {contract.con_id: row for row, contract in enumerate(table.contracts)}


def test_expired_series_vanish_and_others_keep_their_ids(evening: Evening) -> None:
    now = {c.con_id: c for c in evening.market.contracts() if c.sec_type == "OPT"}
    gone = {c.expiry for con_id, c in evening.options.items() if con_id not in now}
    assert gone == {"20261119"}
    assert all(now[con_id] == contract for con_id, contract in evening.options.items() if con_id in now)
    assert {c.expiry for c in now.values()} - {c.expiry for c in evening.options.values()}
    assert evening.market.listing_version == 2


@pytest.mark.parametrize("symbol", ["SPY", "SPX"])
def test_interest_moves_with_the_volume_of_the_day_before(evening: Evening, symbol: str) -> None:
    before, after = evening.tables[symbol], evening.market.chain(symbol)
    was, now = rows_of(before), rows_of(after)
    moved = 0
    for con_id, row in now.items():
        if con_id not in was:
            assert after.open_interest[row] == 0
            continue
        change = abs(int(after.open_interest[row]) - int(before.open_interest[was[con_id]]))
        assert change <= before.volume[was[con_id]]
        moved += change > 0
    assert moved > 0.3 * len(was)


def test_the_previous_chain_is_the_evening_before(evening: Evening) -> None:
    market = evening.market
    previous, now = market.previous_chain("SPY"), rows_of(market.chain("SPY"))
    interest = market.chain("SPY").open_interest
    assert previous.spot == market.previous_close("SPY")
    assert calendar.to_text(previous.ts_ns) == f"{THURSDAY} 16:00:00"
    was = rows_of(evening.tables["SPY"])
    listed = {c.expiry for c in evening.options.values() if c.trading_class == "SPY"}
    assert {c.expiry for c in previous.contracts} == listed - {"20261119"}
    for row, contract in enumerate(previous.contracts):
        assert previous.open_interest[row] == interest[now[contract.con_id]]
        assert previous.volume[row] == evening.tables["SPY"].volume[was[contract.con_id]]
        assert previous.last[row] == evening.tables["SPY"].last[was[contract.con_id]]
    quoted = (previous.bid > 0) & (previous.ask > 0)
    mid = (previous.bid + previous.ask)[quoted] / 2.0
    later = evening.tables["SPY"]
    rows = [was[c.con_id] for c in previous.contracts]
    assert np.median(np.abs(mid - ((later.bid + later.ask) / 2.0)[rows][quoted])) < 0.5


def test_morning_settled_series_are_listed_but_closed_on_their_day(evening: Evening) -> None:
    market = evening.market
    options = evening.options.values()
    due = [c for c in options if (c.trading_class, c.expiry) == ("SPX", "20261120")]
    assert due
    contract = due[len(due) // 2]
    assert market.phase(contract.con_id) is Phase.CLOSED
    quote = market.quote(contract.con_id)
    assert (quote.bid_size, quote.ask_size, quote.volume) == (0.0, 0.0, 0.0)
    opening = market.settlement_price(contract.con_id)
    assert opening is not None
    weekly = next(c for c in options if (c.trading_class, c.expiry, c.strike) == ("SPXW", "20261120", contract.strike))
    assert market.phase(weekly.con_id) is Phase.REGULAR
    assert market.settlement_price(weekly.con_id) is None


def test_prints_and_quotes_of_the_day_before_are_kept(evening: Evening) -> None:
    market, con_id = evening.market, evening.stays.con_id
    midnight_ns = calendar.to_ns(FRIDAY, "00:00")
    assert market.history(con_id, 0, midnight_ns) == evening.prints
    assert len(market.history(con_id, 0, market.now_ns)) > len(evening.prints) > 100
    noon_ns = calendar.to_ns(THURSDAY, "12:00")
    quotes = market.quote_history(con_id, noon_ns, noon_ns + 60 * calendar.NS, calendar.NS)
    assert len(quotes) == 60
    assert quotes[0].volume == sum(trade.size for trade in evening.prints if trade.ts_ns < noon_ns)
    hourly = market.quote_history(con_id, 0, market.now_ns, 1800 * calendar.NS)
    times = [calendar.to_text(quote.ts_ns)[5:16] for quote in hourly]
    assert times[-2:] == ["11-19 16:00", "11-20 09:30"] or times[-1] == "11-19 16:00"
    assert times[:2] in (["11-19 09:30", "11-19 10:00"], ["11-19 10:00", "11-19 10:30"])


def test_nothing_is_quoted_before_the_opening() -> None:
    market = build_market(MarketSpec(seed=3, session_date=FRIDAY, start_at="08:00"))
    option = next(c for c in market.contracts() if c.sec_type == "OPT")
    market.watch(frozenset([option.con_id]))
    assert market.advance(market.now_ns + 60 * calendar.NS)
    quote = market.quote(option.con_id)
    assert (quote.bid, quote.ask, quote.last, quote.volume) == (0.0, 0.0, 0.0, 0.0)
    assert market.history(option.con_id, 0, market.now_ns) == []
    assert market.quote_history(option.con_id, 0, market.now_ns, calendar.NS) == []
    assert not market.chain("SPY").ask_size.any()
