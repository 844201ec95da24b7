"""The option chain around a recorded underlying: listed by today's rules, priced on the variance that the day had."""

import dataclasses

import numpy as np

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError
from alphatrader.sim.market.option_day import open_options
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import QUOTE_NS, DayPath, Floats, Prints
from alphatrader.sim.market.profiles import Profile, profile_of
from alphatrader.sim.market.synthetic import variance_factor
from alphatrader.sim.market.tape.form import InstrumentTape, RecordedChain
from alphatrader.sim.market.tape.recorded_chain import lend_interest, volatility_scale
from alphatrader.sim.market.types import ListedContract

_PER_SECOND = calendar.NS // QUOTE_NS
_MIN_PRICE = 5.0
"""Cheaper stocks get no options: strikes a dollar apart would mean nothing."""
_FITS = 2
"""Implied volatility is nearly in proportion to the day's: what the first fit leaves, the second takes."""
_SIGMA_SPAN = 30
_SIGMA_BOUNDS = (0.003, 0.06)
"""A day's standard deviation that options may be priced on; short tapes can show nearly anything."""


def build_desk(
    tape: InstrumentTape,
    contract: ListedContract,
    previous_close: float,
    session: calendar.Session,
    seed: int,
    recorded: RecordedChain | None,
) -> OptionDesk | None:
    """List and price options around a tape; None where it has no quotes in market hours, or is too cheap.

    A recorded chain lends them its open interest and its level of volatility.
    """
    if previous_close < _MIN_PRICE or contract.sec_type != "STK":
        return None
    path = _path_of(tape, previous_close, session)
    if path is None:
        return None
    profile = _profile_of(contract, previous_close)
    desk = open_options(profile, path, session, seed)
    if recorded is not None:
        for _ in range(_FITS):
            path = dataclasses.replace(path, day_sigma=path.day_sigma * volatility_scale(desk, recorded))
            desk = open_options(profile, path, session, seed)
        lend_interest(desk, recorded)
    return desk


def _profile_of(contract: ListedContract, price: float) -> Profile:
    """Return the profile of a symbol; for one that has none, SPY's with the tape's names and price."""
    try:
        return profile_of(contract.symbol)
    except ConfigError:
        return dataclasses.replace(
            profile_of("SPY"),
            symbol=contract.symbol,
            con_id=contract.con_id,
            long_name=contract.long_name,
            primary_exchange=contract.primary_exchange,
            options_late=False,
            price_low=price,
            price_high=price,
        )


def _path_of(tape: InstrumentTape, previous_close: float, session: calendar.Session) -> DayPath | None:
    """Return the coarse course of a tape that options are priced on: bid and ask for each span of the grid."""
    quotes = tape.quotes
    sided = (quotes.bid > 0.0) & (quotes.ask > quotes.bid)
    times, bid, ask = quotes.ts_ns[sided], quotes.bid[sided], quotes.ask[sided]
    covered = (times >= session.open_ns) & (times < session.close_ns)
    if not covered.any():
        return None
    starts = session.open_ns + np.arange((session.close_ns - session.open_ns) // QUOTE_NS) * QUOTE_NS
    row = np.maximum(np.searchsorted(times, starts, side="right") - 1, 0)
    middle = (bid[row] + ask[row]) / 2.0
    per_second = middle[::_PER_SECOND]
    none = np.zeros(0)
    return DayPath(
        symbol=tape.symbol,
        open_ns=session.open_ns,
        close_ns=session.close_ns,
        previous_close=previous_close,
        day_sigma=_day_sigma(per_second, times[covered], session),
        bid_cents=np.rint(bid[row] * 100.0).astype(np.int32),
        ask_cents=np.rint(ask[row] * 100.0).astype(np.int32),
        book=None,
        prints=Prints(
            none.astype(np.int64), none, none.astype(np.int32), none.astype(np.int8), none.astype(np.int16), (), (),
            none.astype(np.int64),
        ),
        variance_factor=variance_factor(per_second, np.zeros(len(per_second))),
    )  # fmt: skip


def _day_sigma(
    per_second: Floats, covered: "np.ndarray[tuple[int], np.dtype[np.int64]]", session: calendar.Session
) -> float:
    """Return the session's standard deviation as it was, scaled up where only part of it was recorded."""
    returns = np.diff(np.log(per_second[::_SIGMA_SPAN]))
    recorded_ns = max(int(covered[-1] - covered[0]), 1)
    scale = min((session.close_ns - session.open_ns) / recorded_ns, 400.0)
    return float(np.clip(np.sqrt((returns**2).sum() * scale), *_SIGMA_BOUNDS))
