"""What a recorded chain lends to the options built around a tape: open interest, and the level of volatility."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.tape.form import Floats, RecordedChain

_NEAR = 0.02
"""Strikes within this (log) distance of the price tell the level of volatility."""
_PLAUSIBLE_IV = (0.02, 3.0)
_PLAUSIBLE_SCALE = (0.2, 5.0)


class _Matched(NamedTuple):
    """Rows of a desk's chain, and what was recorded of the same contracts (NaN = not told)."""

    rows: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    open_interest: Floats
    iv: Floats


def nearest_chain(chains: Sequence[RecordedChain], symbol: str, at_ns: int) -> RecordedChain | None:
    """Return the recorded chain of a symbol whose time is nearest to an instant, None if there is none."""
    own = [chain for chain in chains if chain.symbol == symbol]
    return min(own, key=lambda chain: abs(chain.ts_ns - at_ns)) if own else None


def volatility_scale(desk: OptionDesk, recorded: RecordedChain) -> float:
    """Return by how much recorded IV exceeds the model's near the money, at the chain's time; 1 where it is not told.

    The day's own expiry does not count: its IV is noise for most of the day.
    """
    chain = desk.chain
    matched = _match(desk, recorded)
    tick = min(max(chain.backdrop.tick_at(recorded.ts_ns), 0), chain.backdrop.ticks - 1)
    spot = float(chain.backdrop.spot[tick])
    expiries = np.array([option.expiry for option in chain.options])[matched.rows]
    today = chain.facts.session.date.replace("-", "")
    near = np.abs(np.log(chain.strike[matched.rows] / spot)) < _NEAR
    known = (matched.iv > _PLAUSIBLE_IV[0]) & (matched.iv < _PLAUSIBLE_IV[1])
    chosen = near & known & (expiries > today)
    if not chosen.any():
        return 1.0
    rows = matched.rows[chosen]
    model = chain.values(rows, np.full(len(rows), tick, dtype=np.int64)).iv
    return float(np.clip(np.median(matched.iv[chosen] / model), *_PLAUSIBLE_SCALE))


def lend_interest(desk: OptionDesk, recorded: RecordedChain) -> int:
    """Give contracts the open interest that was recorded of them; return of how many it was."""
    matched = _match(desk, recorded)
    told = np.isfinite(matched.open_interest)
    desk.chain.open_interest[matched.rows[told]] = matched.open_interest[told].astype(np.int64)
    return int(told.sum())


def _match(desk: OptionDesk, recorded: RecordedChain) -> _Matched:
    row_of = {
        (option.expiry, 1 if option.right == "C" else -1, float(option.strike)): row
        for row, option in enumerate(desk.chain.options)
    }
    found: list[tuple[int, float, float]] = []
    columns = [recorded.columns[name] for name in ("expiry", "right", "strike", "open_interest", "iv")]
    for expiry, right, strike, interest, iv in zip(*columns, strict=True):
        if isinstance(expiry, dt.date) and isinstance(right, int) and isinstance(strike, float):
            row = row_of.get((expiry.strftime("%Y%m%d"), right, strike))
            if row is not None:
                found.append((row, _number(interest), _number(iv)))
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    return _Matched(table[:, 0].astype(np.intp), table[:, 1], table[:, 2])


def _number(value: object) -> float:
    return value if isinstance(value, float) else float("nan")
