"""The opening and closing auction of a recorded day."""

import numpy as np

from alphatrader import _core, calendar
from alphatrader.sim.market.tape.form import Trades
from alphatrader.sim.market.types import Auction

_REACH_NS = 5 * 60 * calendar.NS
_SAID = {"open": _core.SALE_OPENING, "close": _core.SALE_CLOSING}


def crosses_of(trades: Trades, con_id: int, session: calendar.Session) -> list[Auction]:
    """Return the crosses: the largest print so marked within minutes of the bell, else the regular print next to it."""
    found = []
    loud = np.array([not kind.silent for kind in trades.kinds], dtype=np.bool_)[trades.kind]
    for event, bell_ns in (("open", session.open_ns), ("close", session.close_ns)):
        first, last = np.searchsorted(trades.ts_ns, (bell_ns - _REACH_NS, bell_ns + _REACH_NS)).tolist()
        says_so = np.array([bool(kind.says & _SAID[event]) for kind in trades.kinds], dtype=np.bool_)
        marked = says_so[trades.kind[first:last]]
        if marked.any():
            row = first + int(np.argmax(np.where(marked, trades.size[first:last], 0.0)))
        else:
            opened, closed = np.searchsorted(trades.ts_ns, (session.open_ns, session.close_ns)).tolist()
            near = slice(max(first, opened), min(last, closed))
            regular = near.start + np.flatnonzero(loud[near])
            if not len(regular):
                continue  # nothing was recorded around the bell
            row = int(regular[0] if event == "open" else regular[-1])
        kind = "open" if event == "open" else "close"
        found.append(Auction(int(trades.ts_ns[row]), con_id, kind, float(trades.price[row]), float(trades.size[row])))  # type: ignore[arg-type]
    return found
