"""Which session is traded, and when it is over. Pure: times in, times out."""

from collections.abc import Iterable

from alphatrader import calendar
from alphatrader.calendar import NS, Session
from alphatrader.execution.plan_prices import trading_ends_ns
from alphatrader.execution.trade import Trade


def session_to_trade(now_ns: int) -> Session:
    """Return the session that is open at an instant, else the next one. Raises CalendarRangeError past the calendar."""
    today = calendar.latest_session(calendar.date_of(now_ns))
    return today if now_ns < today.close_ns else calendar.sessions_after(today.date, 1)[0]


def exits_end_ns(session: Session, trades: Iterable[Trade]) -> int:
    """Return until when a session must go on for the exits that are under way: 0 if there are none.

    An exit goes on until the last trade time of what it sells; what is merely held is left to the next session.
    """
    leaving = [trade for trade in trades if trade.open_quantity > 0 and trade.exit_reason]
    return max((trading_ends_ns(trade.intent.contract, session) for trade in leaving), default=0)


def session_over(session: Session, grace_s: float, now_ns: int, trades: Iterable[Trade]) -> bool:
    """Whether a session has ended: past its close and a grace, and no exit is under way any more."""
    if now_ns < session.close_ns + int(grace_s * NS):
        return False
    return now_ns >= exits_end_ns(session, trades)
