"""Days as they follow one another: parts of the session, auctions, hours, night, the next day, settlement."""

import random

import pytest
from tests.sim.market.test_market_session import MINUTE_NS, STEP_NS, digest, near_options

from alphatrader import calendar
from alphatrader._core import SALE_NO_PRICE, parse_sale_conditions
from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.sim.market import Depth, MarketSpec, MarketUpdate, Print, Quote, build_market
from alphatrader.sim.market.hours import hours_of, phase_of, span_of
from alphatrader.sim.market.live import KEPT_DAYS, SessionMarket
from alphatrader.sim.market.types import Auction, ListedContract, Phase, SessionChange

TUESDAY, WEDNESDAY, FRIDAY, MONDAY = "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"
SPY = 756733
HOUR_NS = 60 * MINUTE_NS


def market_at(clock: str, date: str = TUESDAY, **changes: object) -> SessionMarket:
    market = build_market(MarketSpec(seed=7, session_date=date, start_at=clock, **changes))  # type: ignore[arg-type]
    assert isinstance(market, SessionMarket)
    return market


def kinds(updates: list[MarketUpdate], kind: type) -> list[MarketUpdate]:
    return [update for update in updates if isinstance(update, kind)]


def option(symbol: str, trading_class: str, expiry: str) -> ListedContract:
    spy = market_at("12:00").contracts()[0]
    changes = {"symbol": symbol, "trading_class": trading_class, "expiry": expiry, "sec_type": "OPT"}
    return ListedContract(**{**{name: getattr(spy, name) for name in spy.__slots__}, **changes})


def test_the_day_begins_in_the_pre_market_and_opens_with_an_auction() -> None:
    market = market_at("09:29:50")
    assert market.phase(SPY) is Phase.PRE
    updates = market.advance(market.open_ns + 10 * calendar.NS)
    assert market.phase(SPY) is Phase.REGULAR
    (change,) = kinds(updates, SessionChange)
    assert change == SessionChange(market.open_ns, TUESDAY, "open")
    (auction,) = kinds(updates, Auction)
    assert isinstance(auction, Auction)
    assert auction.kind == "open"
    (cross,) = [u for u in updates if isinstance(u, Print) and u.conditions == "O"]
    assert (cross.ts_ns, cross.price, cross.size) == (auction.ts_ns, auction.price, auction.size)
    before = [u for u in updates if isinstance(u, Print) and u.ts_ns < market.open_ns]
    after = [u for u in updates if isinstance(u, Print) and u.ts_ns > auction.ts_ns]
    assert all("T" in u.conditions or u.conditions == "U" for u in before)
    assert not any("T" in u.conditions for u in after)
    assert len(after) > 3 * len(before), "the burst after the bell"
    assert cross.size > 50 * max(u.size for u in before)


def test_it_closes_with_an_auction_and_goes_on_after_hours() -> None:
    market = market_at("15:59:50")
    market.watch(near_options(market, 5))
    updates = market.advance(market.close_ns + 16 * MINUTE_NS)
    (auction,) = kinds(updates, Auction)
    assert isinstance(auction, Auction)
    assert auction.kind == "close"
    (cross,) = [u for u in updates if isinstance(u, Print) and u.conditions == "6"]
    assert cross.price == auction.price
    late = [u for u in updates if isinstance(u, Print) and u.ts_ns > auction.ts_ns and u.con_id == SPY]
    assert late
    assert all("T" in u.conditions or u.conditions == "U" for u in late)
    assert market.phase(SPY) is Phase.POST
    watched = [u.ts_ns for u in updates if isinstance(u, Quote) and u.con_id != SPY]
    assert market.close_ns < max(watched) < market.close_ns + 15 * MINUTE_NS, "SPY options trade to 16:15"


def test_nothing_happens_between_the_days() -> None:
    market = market_at("19:59:58")
    assert market.advance(market.now_ns + calendar.NS)
    quote = market.quote(SPY)
    updates = market.advance(calendar.to_ns(WEDNESDAY, "04:00"))
    (change,) = kinds(updates, SessionChange)
    assert change == SessionChange(calendar.to_ns(WEDNESDAY, "00:00"), WEDNESDAY, "day")
    assert all(u.ts_ns <= calendar.to_ns(TUESDAY, "20:00") for u in updates if u is not change)
    assert market.now_ns == calendar.to_ns(WEDNESDAY, "04:00")
    assert market.phase(SPY) is Phase.PRE
    resting = market.quote(SPY)
    assert (resting.last, resting.volume) == (quote.last, 0.0)
    assert market.advance(market.now_ns + MINUTE_NS)
    assert abs(market.quote(SPY).bid / quote.bid - 1.0) < 0.03


def test_the_next_day_starts_where_the_last_one_ended() -> None:
    market = market_at("15:59:50")
    options = near_options(market, 400)
    market.watch(options)
    market.advance(calendar.to_ns(TUESDAY, "20:00"))
    close = next(trade.price for trade in market.history(SPY, 0, market.now_ns) if trade.conditions == "6")
    listed = {contract.con_id for contract in market.contracts()}
    market.advance(calendar.to_ns(WEDNESDAY, "00:00"))
    assert (market.session_date, market.listing_version) == (WEDNESDAY, 2)
    assert market.open_ns == calendar.session_for(WEDNESDAY).open_ns
    assert market.previous_close("SPY") == close
    now_listed = {contract.con_id for contract in market.contracts()}
    assert now_listed != listed
    assert now_listed & listed
    market.skip_to(market.open_ns + MINUTE_NS)
    updates = market.advance(market.open_ns + 2 * MINUTE_NS)
    quoted = {u.con_id for u in updates if isinstance(u, Quote)} - {SPY}
    assert quoted == options & now_listed, "what is still listed stays watched"


def test_a_half_day_and_a_weekend_pass_by_the_calendar() -> None:
    market = market_at("12:59:59", FRIDAY)
    updates = market.advance(calendar.to_ns(FRIDAY, "13:00:01"))
    assert [u.kind for u in updates if isinstance(u, Auction)] == ["close"]
    assert market.phase(SPY) is Phase.POST
    market.skip_to(calendar.to_ns(FRIDAY, "17:00"))
    assert market.phase(SPY) is Phase.CLOSED
    assert market.advance(calendar.to_ns("2026-11-29", "23:59")) == []
    assert market.session_date == FRIDAY
    market.advance(calendar.to_ns(MONDAY, "00:00"))
    assert market.session_date == MONDAY


def test_the_days_do_not_depend_on_how_time_is_cut() -> None:
    def run(cut_ns: int | None) -> str:
        market, cutter = market_at("19:59:00"), random.Random(5)
        market.watch(near_options(market, 5))
        end_ns, updates = calendar.to_ns(WEDNESDAY, "04:01"), []
        while market.now_ns < end_ns:
            step_ns = end_ns if cut_ns is None else cutter.randrange(1, cut_ns)
            updates += market.advance(min(end_ns, market.now_ns + max(step_ns, STEP_NS)))
        return digest(updates)

    assert run(None) == run(40 * MINUTE_NS) == run(7 * HOUR_NS)


def test_skipping_ahead_leads_to_the_same_market() -> None:
    skipped, walked = market_at("19:59:30"), market_at("19:59:30")
    end_ns = calendar.to_ns(WEDNESDAY, "09:30:01")
    skipped.skip_to(end_ns)
    walked.advance(calendar.to_ns(WEDNESDAY, "04:00:01"))
    walked.skip_to(end_ns)
    assert skipped.now_ns == walked.now_ns == end_ns
    assert skipped.quote(SPY) == walked.quote(SPY)
    assert skipped.advance(end_ns + calendar.NS) == walked.advance(end_ns + calendar.NS)


def test_history_spans_the_days_that_are_kept() -> None:
    market = market_at("04:00", days="roll")
    first_ns, dates = market.now_ns, []
    for _ in range(KEPT_DAYS + 2):
        dates.append(market.session_date)
        market.skip_to(calendar.to_ns(calendar.sessions_after(market.session_date, 1)[0].date, "04:00"))
    kept = dates[-KEPT_DAYS:]
    found = market.history(SPY, first_ns, market.now_ns)
    assert [trade.ts_ns for trade in found] == sorted(trade.ts_ns for trade in found)
    assert sorted({calendar.date_of(trade.ts_ns) for trade in found}) == kept
    quotes = market.quote_history(SPY, first_ns, market.now_ns, HOUR_NS)
    assert sorted({calendar.date_of(quote.ts_ns) for quote in quotes}) == kept
    assert len(quotes) == sum(16 if date != FRIDAY else 13 for date in kept)


def test_past_quotes_are_those_that_were_shown() -> None:
    market = market_at("11:00")
    start_ns = market.now_ns
    shown = [u for u in market.advance(start_ns + 2 * MINUTE_NS) if isinstance(u, Quote) and u.con_id == SPY]
    for past in market.quote_history(SPY, start_ns + calendar.NS, market.now_ns, 10 * calendar.NS):
        newest = [quote for quote in shown if quote.ts_ns <= past.ts_ns][-1]
        assert past[2:6] == newest[2:6]
        trades = [
            t for t in market.history(SPY, 0, past.ts_ns) if not parse_sale_conditions(t.conditions) & SALE_NO_PRICE
        ]
        assert past.last == trades[-1].price


def test_options_settle_on_the_official_close_and_are_remembered() -> None:
    market = market_at("15:59:59")
    expiring = [c for c in market.contracts() if c.expiry == TUESDAY.replace("-", "")]
    later = [c for c in market.contracts() if c.expiry == WEDNESDAY.replace("-", "")]
    assert market.settlement_price(expiring[0].con_id) is None
    (auction,) = kinds(market.advance(market.close_ns + calendar.NS), Auction)
    assert isinstance(auction, Auction)
    assert market.settlement_price(expiring[0].con_id) == auction.price
    assert market.settlement_price(later[0].con_id) is None
    with pytest.raises(DataError, match="nothing settles"):
        market.settlement_price(SPY)
    market.skip_to(calendar.to_ns(WEDNESDAY, "04:00"))
    assert expiring[0] not in market.contracts()
    market.watch(frozenset({expiring[0].con_id, later[0].con_id}))
    assert market.settlement_price(expiring[0].con_id) == auction.price


@pytest.mark.parametrize(
    ("symbol", "trading_class", "date", "expiry", "last"),
    [
        ("SPY", "SPY", TUESDAY, "20261124", "16:15"),
        ("SPY", "SPY", FRIDAY, "20261127", "13:15"),
        ("AAPL", "AAPL", TUESDAY, "20261204", "16:00"),
        ("SPX", "SPXW", TUESDAY, "20261124", "16:00"),
        ("SPX", "SPXW", TUESDAY, "20261125", "16:15"),
        ("SPX", "SPX", "2026-11-19", "20261120", "16:15"),
        ("SPX", "SPX", "2026-11-20", "20261120", None),
    ],
)
def test_options_trade_by_product(symbol: str, trading_class: str, date: str, expiry: str, last: str | None) -> None:
    contract, span = option(symbol, trading_class, expiry), span_of(calendar.session_for(date))
    assert phase_of(contract, span, span.open_ns - 1) is Phase.CLOSED
    if last is None:
        assert phase_of(contract, span, span.open_ns) is Phase.CLOSED
        assert hours_of(contract, date).trading == ()
        return
    end_ns = calendar.to_ns(date, last)
    assert phase_of(contract, span, end_ns - 1) is Phase.REGULAR
    assert phase_of(contract, span, end_ns) is Phase.CLOSED
    assert hours_of(contract, date).liquid[0] == (span.open_ns, end_ns)


def test_stocks_tell_their_extended_hours() -> None:
    hours = market_at("12:00").hours(SPY)
    assert hours.trading[0] == (calendar.to_ns(TUESDAY, "04:00"), calendar.to_ns(TUESDAY, "20:00"))
    assert hours.liquid[0] == (calendar.to_ns(TUESDAY, "09:30"), calendar.to_ns(TUESDAY, "16:00"))
    assert hours.trading[2] == (calendar.to_ns(FRIDAY, "04:00"), calendar.to_ns(FRIDAY, "17:00"))
    assert len(hours.trading) == len(hours.liquid) == 6


def test_one_day_is_enough_where_that_is_asked_for() -> None:
    market = market_at("19:59:59", days="one")
    market.advance(calendar.to_ns(MONDAY, "12:00"))
    assert (market.session_date, market.listing_version) == (TUESDAY, 1)
    assert market.now_ns == calendar.to_ns(MONDAY, "12:00")
    assert market.displayed(SPY, "bid") == []


@pytest.mark.parametrize("clock", ["3:59", "20:00", "noon"])
def test_a_start_outside_of_the_day_is_refused(clock: str) -> None:
    with pytest.raises(ConfigError, match="start_at"):
        market_at(clock)


def test_a_start_after_a_half_day_is_refused() -> None:
    with pytest.raises(ConfigError, match="outside the day"):
        market_at("18:00", FRIDAY)


def test_extended_hours_are_quiet_and_wide() -> None:
    market = market_at("05:00")
    updates = [u for u in market.advance(market.now_ns + 10 * MINUTE_NS) if u.con_id == SPY]  # type: ignore[union-attr]
    quotes = [u for u in updates if isinstance(u, Quote)]
    assert len(kinds(updates, Print)) < 200
    assert len(quotes) < 2_000
    assert len(kinds(updates, Depth)) < 2_000
    spread = [round(100 * (quote.ask - quote.bid)) for quote in quotes]
    assert sum(spread) / len(spread) > 1.5
