"""Building a simulated market from its spec: the first day, and each day after it."""

import datetime as dt

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError
from alphatrader.sim.market.day import Member, TradingDay
from alphatrader.sim.market.hours import Span, span_of
from alphatrader.sim.market.index import index_path
from alphatrader.sim.market.interest import InterestFactors
from alphatrader.sim.market.listing import underlying_contract
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.market_factor import Mood, draw_market_day
from alphatrader.sim.market.option_day import open_options
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import STEP_NS, DayPath
from alphatrader.sim.market.profiles import profile_of
from alphatrader.sim.market.spec import SCENARIOS, MarketSpec
from alphatrader.sim.market.synthetic import Standing, draw_day
from alphatrader.sim.market.tape.build import build_tape_market
from alphatrader.sim.market.tape.market import TapeMarket
from alphatrader.sim.market.tape.spec import TapeSpec
from alphatrader.sim.market.types import Quote
from alphatrader.sim.market.underlying import Underlying


def build_market(spec: MarketSpec) -> SessionMarket | TapeMarket:
    """Build the market of a spec, standing at its start; takes about a second an underlying.

    Raises ConfigError (unknown symbol), ClosedMarketError (no session on that date), DataError (unreadable tape).
    """
    if spec.tape is not None:
        wanted = TapeSpec(spec.tape, spec.tape_quotes, spec.session_date, spec.symbols)
        return build_tape_market(wanted, spec)
    today = dt.datetime.now(calendar.NEW_YORK).date()
    session = calendar.session_for(spec.session_date) if spec.session_date else calendar.latest_full_session(today)
    start_ns = _start(spec, span_of(session))
    days = Days(spec)
    return SessionMarket(f"SIMULATED MARKET (seed {spec.seed})", days.first(session, start_ns), days.after, start_ns)


class Days:
    """Draws one day after the other, each from seed, date, and where the one before it ended."""

    def __init__(self, spec: MarketSpec) -> None:
        self._spec = spec
        self._scenario = SCENARIOS[spec.scenario]
        self._profiles = [profile_of(symbol) for symbol in spec.symbols]
        baskets = [profile_of(profile.basket) for profile in self._profiles if profile.is_index]
        traded = [profile for profile in self._profiles if not profile.is_index]
        self._traded = list({profile.symbol: profile for profile in (*traded, *baskets)}.values())
        self._mood = Mood()
        self._standing: dict[str, Standing] = {}
        self._index_close: dict[str, float] = {}

    def first(self, session: calendar.Session, start_ns: int) -> TradingDay:
        """Draw the first day."""
        return self._draw(session, start_ns, None)

    def after(self, day: TradingDay) -> TradingDay | None:
        """Draw the day after a day, standing at its start; None past the calendar's end, or where one day is enough."""
        if self._spec.days == "one":
            return None
        try:
            session = calendar.sessions_after(day.span.date, 1)[0]
        except calendar.CalendarRangeError:
            return None
        return self._draw(session, span_of(session).start_ns, day)

    def _draw(self, session: calendar.Session, start_ns: int, before: TradingDay | None) -> TradingDay:
        span, spec, first_day = span_of(session), self._spec, before is None
        resting = before.last_quotes() if before else {}
        desks = {underlying.contract.symbol: desk for underlying, desk in before.members} if before else {}
        market = draw_market_day(span, spec.seed, self._scenario, self._mood, first_day=first_day)
        self._mood = market.mood
        paths: dict[str, DayPath] = {}
        for profile in self._traded:
            standing, struck = self._standing.get(profile.symbol), profile is self._traded[0]
            path, after = draw_day(profile, market, spec.seed, self._scenario, standing, struck=struck)
            paths[profile.symbol], self._standing[profile.symbol] = path, after
        for profile in self._profiles:
            if profile.is_index:
                close = self._index_close.get(profile.symbol)
                path = index_path(profile, paths[profile.basket], spec.seed, close)
                paths[profile.symbol] = path
                self._index_close[profile.symbol] = path.close_price
        members = [
            _list(paths[symbol], span, spec, start_ns, resting.get(profile_of(symbol).con_id), desks.get(symbol))
            for symbol in spec.symbols
        ]
        return TradingDay(span, members)


def _list(
    path: DayPath, span: Span, spec: MarketSpec, start_ns: int, resting: Quote | None, before: OptionDesk | None
) -> Member:
    """List an underlying with its options; these go on from the day before, if there was one."""
    profile = profile_of(path.symbol)
    underlying = Underlying(path, underlying_contract(profile), start_ns, resting)
    if not profile.has_options:
        return underlying, None
    session = calendar.session_for(span.date)
    scenario = SCENARIOS[spec.scenario]
    interest = InterestFactors(scenario.pinned_interest, scenario.interest_walls, scenario.interest_puts)
    desk = open_options(
        profile, path, session, spec.seed,
        events=spec.events, interest=interest, conditions=spec.option_conditions, before=before,
    )  # fmt: skip
    return underlying, desk


def _start(spec: MarketSpec, span: Span) -> int:
    """Return the instant at which the market starts. Raises ConfigError for a time at which the day has ended."""
    if spec.start_at is None:
        steps = (span.close_ns - span.open_ns) // STEP_NS
        return span.open_ns + int(steps * spec.start_fraction) * STEP_NS
    start_ns = calendar.to_ns(span.date, spec.start_at)
    if not span.start_ns <= start_ns < span.end_ns:
        raise ConfigError(
            f"start_at {spec.start_at} lies outside the day {calendar.to_text(span.start_ns)} to "
            f"{calendar.to_text(span.end_ns)} New York"
        )
    return start_ns
