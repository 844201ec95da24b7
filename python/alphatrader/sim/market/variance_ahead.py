"""The variance that options expect: by instant of the day and by expiry.

Variance runs on the market's clock: what is left of today's U, then nights and sessions. Its unit here is one ordinary
session between open and close. Near expiries are priced fairly on the variance that happens; farther ones carry a
premium that grows to 60% of the forward variance over months, which bends the term structure upwards as real ones are
in quiet markets. Today's busy or calm market is expected to go back to normal over about eight sessions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.shape import NIGHT_SHARE

Floats = NDArray[np.float64]

_NIGHT = NIGHT_SHARE / (1.0 - NIGHT_SHARE)
"""Variance of a night, in sessions."""
_REVERSION_SESSIONS = 8.0
_PREMIUM, _PREMIUM_SESSIONS = 0.6, 60.0


class VarianceAhead(NamedTuple):
    """By expiry, in sessions: what comes after today's close, the part that goes with today's factor, and events.

    ``event_ns`` and ``event_sessions`` (expiry, event): an event counts until its instant has passed.
    """

    today: Floats
    """1 where the rest of today's session counts, 0 for a series that settled at today's open."""
    later: Floats
    excess: Floats
    event_ns: NDArray[np.int64]
    event_sessions: Floats

    def at(self, expiry: NDArray[np.intp], left: Floats, factor: Floats, ts_ns: NDArray[np.int64]) -> Floats:
        """Return sessions of variance to settlement; arrays broadcast, with one entry a contract and instant.

        ``left`` is the part of today's variance still to come, ``factor`` how busy the market is against normal.
        """
        sessions = factor * left * self.today[expiry] + self.later[expiry] + (factor - 1.0) * self.excess[expiry]
        for event in range(len(self.event_ns)):
            sessions = sessions + self.event_sessions[expiry, event] * (ts_ns < self.event_ns[event])
        return np.asarray(sessions, dtype=np.float64)


def variance_ahead(
    session: calendar.Session, settlements: Sequence[int], events: Sequence[ScheduledEvent]
) -> VarianceAhead:
    """Return the variance ahead of series that settle at those instants.

    Each night and session adds some, so that total variance grows with the expiry whatever today's factor is.
    """
    rows = [_after(session, settlement_ns) for settlement_ns in settlements]
    instants = [event.at_ns for event in events]
    spans = [[event.sessions * (event.at_ns <= settlement_ns) for event in events] for settlement_ns in settlements]
    return VarianceAhead(
        today=np.array([row[0] for row in rows]),
        later=np.array([row[1] for row in rows]),
        excess=np.array([row[2] for row in rows]),
        event_ns=np.array(instants, dtype=np.int64),
        event_sessions=np.array(spans, dtype=np.float64).reshape(len(settlements), len(events)),
    )


def _after(session: calendar.Session, settlement_ns: int) -> tuple[float, float, float]:
    if settlement_ns <= session.open_ns:
        return 0.0, 0.0, 0.0
    later = excess = 0.0
    expiry = calendar.date_of(settlement_ns)
    days = _days_between(session.date, expiry)
    for ahead, day in enumerate(calendar.sessions_after(session.date, days) if days else [], start=1):
        if day.date > expiry:
            break
        # A series that settles on the opening prices has the night before it, but not the session.
        sessions = _NIGHT + (1.0 if settlement_ns > day.open_ns else 0.0)
        premium = _PREMIUM * -np.expm1(-ahead / _PREMIUM_SESSIONS)
        later += sessions * (1.0 + premium)
        excess += sessions * float(np.exp(-ahead / _REVERSION_SESSIONS))
    return 1.0, float(later), excess


def _days_between(first: str, last: str) -> int:
    return int((np.datetime64(last) - np.datetime64(first)).astype(int))


def night_sessions() -> float:
    """Return the variance of the night before a session, in sessions."""
    return _NIGHT
