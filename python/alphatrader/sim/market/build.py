"""Building a simulated market from its spec."""

import datetime as dt

from alphatrader import calendar
from alphatrader.sim.market.chain import OptionChain
from alphatrader.sim.market.listing import draw_open_interest, list_options, underlying_contract
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import STEP_NS, DayPath
from alphatrader.sim.market.profiles import profile_of, stream
from alphatrader.sim.market.spec import MarketSpec
from alphatrader.sim.market.synthetic import draw_session
from alphatrader.sim.market.tape.build import build_tape_market
from alphatrader.sim.market.tape.market import TapeMarket
from alphatrader.sim.market.tape.spec import TapeSpec
from alphatrader.sim.market.underlying import Underlying


def build_market(spec: MarketSpec) -> SessionMarket | TapeMarket:
    """Build the market of a spec, standing at ``start_fraction`` of its session; takes under a second an underlying.

    Raises ConfigError (unknown symbol), ClosedMarketError (no session on that date), DataError (unreadable tape).
    """
    if spec.tape is not None:
        wanted = TapeSpec(spec.tape, spec.tape_quotes, spec.session_date, spec.symbols)
        return build_tape_market(wanted, spec.seed, spec.start_fraction)
    today = dt.datetime.now(calendar.NEW_YORK).date()
    session = calendar.session_for(spec.session_date) if spec.session_date else calendar.latest_full_session(today)
    label = f"SIMULATED MARKET (seed {spec.seed})"
    paths = [draw_session(profile_of(symbol), session, spec.seed, spec.scenario) for symbol in spec.symbols]
    steps = (session.close_ns - session.open_ns) // STEP_NS
    start_ns = session.open_ns + int(steps * spec.start_fraction) * STEP_NS
    return SessionMarket(label, session, [_list(path, session, spec.seed, start_ns) for path in paths], start_ns)


def _list(path: DayPath, session: calendar.Session, seed: int, start_ns: int) -> tuple[Underlying, OptionDesk]:
    """List an underlying with its options; strikes and open interest stand around the previous close."""
    profile = profile_of(path.symbol)
    options = list_options(profile, session.date, path.previous_close)
    generator = stream(seed, path.symbol, "options")
    interest = draw_open_interest(generator, options, path.previous_close)
    chain = OptionChain(path, options, interest, generator)
    return Underlying(path, underlying_contract(profile), start_ns), OptionDesk(chain)
