"""Building a market from a recorded day."""

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.sim.market.hours import span_of
from alphatrader.sim.market.path import STEP_NS
from alphatrader.sim.market.spec import MarketSpec
from alphatrader.sim.market.tape.detect import check_session, read_tape
from alphatrader.sim.market.tape.form import InstrumentTape, Tape
from alphatrader.sim.market.tape.listed import underlying_of
from alphatrader.sim.market.tape.market import TapeMarket, previous_close_of
from alphatrader.sim.market.tape.options import build_desk
from alphatrader.sim.market.tape.player import TapeUnderlying
from alphatrader.sim.market.tape.recorded_chain import nearest_chain
from alphatrader.sim.market.tape.spec import TapeSpec

DEFAULT_SYMBOLS = ("SPY",)
"""With these, which nobody may have asked for, a tape of other symbols is taken whole."""


def build_tape_market(wanted: TapeSpec, spec: MarketSpec) -> TapeMarket:
    """Build the market of a recorded day, standing at ``start_at`` or a fraction of what was recorded of its session.

    Raises DataError (unreadable, or not what was asked for), ConfigError (start_at past the day's end),
    ClosedMarketError (no session on its date).
    """
    tape = read_tape(wanted)
    if wanted.date not in (None, tape.date):
        raise DataError(f"tape {wanted.path}: is of {tape.date}, but the session asked for is {wanted.date}")
    session = calendar.session_for(tape.date)
    check_session(tape, wanted.path, session)
    chosen = _choose(tape, wanted)
    if spec.start_at is not None:
        start_ns = calendar.to_ns(tape.date, spec.start_at)
        if start_ns >= span_of(session).end_ns:
            raise ConfigError(f"start_at {spec.start_at} lies past the end of the recorded day {tape.date}")
    else:
        start_ns = _start_of(chosen, session, spec.start_fraction)
    members = []
    for instrument in chosen:
        member = TapeUnderlying(instrument, underlying_of(instrument, tape.date), start_ns)
        close = previous_close_of(member)
        chain = nearest_chain(tape.chains, instrument.symbol, start_ns)
        members.append((member, build_desk(instrument, member.contract, close, session, spec.seed, chain)))
    return TapeMarket(_label(tape, chosen), session, members, start_ns)


def _choose(tape: Tape, wanted: TapeSpec) -> tuple[InstrumentTape, ...]:
    held = {instrument.symbol: instrument for instrument in tape.instruments}
    missing = [symbol for symbol in wanted.symbols if symbol not in held]
    if not missing:
        return tuple(held[symbol] for symbol in wanted.symbols)
    if wanted.symbols == DEFAULT_SYMBOLS:
        return tape.instruments
    raise DataError(f"tape {wanted.path}: is of {', '.join(held)}, but {', '.join(missing)} is to be simulated")


def _start_of(chosen: tuple[InstrumentTape, ...], session: calendar.Session, fraction: float) -> int:
    """Return the instant at a fraction of what was recorded of the session, on the market's grid."""
    stamps = [s for tape in chosen for s in (tape.trades.ts_ns, tape.quotes.ts_ns) if len(s)]
    # Without a quote there is nothing to trade with: a recording's warm-up is history.
    first_ns = max(session.open_ns, min(int(tape.quotes.ts_ns[0]) for tape in chosen))
    last_ns = min(session.close_ns, max(int(s[-1]) for s in stamps) + 1)
    at_ns = first_ns + int(max(last_ns - first_ns, 0) * fraction)
    return session.open_ns + (at_ns - session.open_ns) // STEP_NS * STEP_NS


def _label(tape: Tape, chosen: tuple[InstrumentTape, ...]) -> str:
    """Say on every screen what is real and what is not."""
    real: list[str] = ["prints"]
    built: list[str] = []
    (real if all(t.quotes_are != "fitted" for t in chosen) else built).append("quotes")
    (real if all(t.depth is not None for t in chosen) else built).append("book")
    lent = any(chain.symbol == instrument.symbol for chain in tape.chains for instrument in chosen)
    built.append("options on recorded open interest" if lent else "options")
    symbols = " ".join(instrument.symbol for instrument in chosen)
    what = f"real {symbols} {' and '.join(real)} of {tape.date} ({tape.source})"
    return f"SIMULATED MARKET: {what}; built: {', '.join(built)}"
