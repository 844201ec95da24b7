"""A market around a recorded tape: real prints, national best quotes where recorded, book and chain built to fit."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market import book as books
from alphatrader.sim.market.path import QUOTE_NS, DayPath, Floats, Ints, Prints
from alphatrader.sim.market.profiles import profile_of, stream
from alphatrader.sim.market.spec import MarketSpec
from alphatrader.sim.market.synthetic import variance_factor
from alphatrader.sim.market.tape_file import RecordedQuotes, RecordedTrades, read_second_quotes, read_trades

_MS = 1_000_000
_INTERVALS_PER_SECOND = calendar.NS // QUOTE_NS
_TICK = 100
"""A cent in the file's unit of 1/10,000 dollar."""
_MIN_PRINTS = 100
_MAX_KINDS = 100

_VENUE_NAMES = {
    "A": "AMEX", "B": "BEX", "C": "NSX", "D": "FINRA", "I": "ISE", "J": "EDGEA", "K": "EDGX", "M": "CHX",
    "N": "NYSE", "P": "ARCA", "Q": "NASDAQ", "S": "CTS", "T": "NASDAQ", "W": "CBSX", "X": "PSX", "Y": "BYX",
    "Z": "BATS",
}  # fmt: skip
_OFF_EXCHANGE = _VENUE_NAMES["D"]
_CONDITION_LETTERS = (
    (0x2, "C"), (0x4, "N"), (0x8, "R"), (0x10, "Y"), (0x20, "F"), (0x40, "O"), (0x80, "6"), (0x100, "5"),
    (0x200, "4"), (0x400, "T"), (0x800, "Z"), (0x2000, "T"), (0x4000, "U"), (0x10000, "A"), (0x20000, "B"),
    (0x40000, "V"), (0x100000, "W"), (0x200000, "X"), (0x1000000, "M"), (0x2000000, "P"), (0x4000000, "Q"),
    (0x20000000, "X"), (0x80000000, "I"),
)  # fmt: skip
"""Lean's condition flags as the letters of the consolidated tape; flags without a letter are left out."""


class _Quotes(NamedTuple):
    """Bid and ask in cents for each interval, and the recorded size at the best price (NaN where unknown)."""

    bid: Ints
    ask: Ints
    size: Floats


def load_tape(file: Path, spec: MarketSpec) -> tuple[calendar.Session, DayPath]:
    """Build the day path of a recorded session. Raises DataError with one line that says what is wrong."""
    trades = read_trades(file)
    _check_fits(file, trades, spec)
    session = calendar.session_for(trades.date)
    midnight_ns = calendar.to_ns(trades.date, "00:00")
    ts_ns = midnight_ns + trades.ms * _MS
    chosen = (ts_ns >= session.open_ns) & (ts_ns < session.close_ns) & ~trades.suspicious
    if int(chosen.sum()) < _MIN_PRINTS:
        raise DataError(f"tape {file}: has {int(chosen.sum())} prints in market hours, fewer than {_MIN_PRINTS}")
    prints = _prints(trades, ts_ns, chosen)

    intervals = (session.close_ns - session.open_ns) // QUOTE_NS
    quotes = _quotes(prints, read_second_quotes(file), midnight_ns, session, intervals)
    generator = stream(spec.seed, trades.symbol, "tape")
    sign = _aggressors(prints, quotes, session.open_ns)
    taken = books.taken_by_interval(prints.ts_ns, prints.size, sign, session.open_ns, intervals)
    net = taken[:, 1] - taken[:, 0]
    lean = np.tanh(np.convolve(net, np.full(25, 1.0 / 25.0), mode="same") / (taken.sum(axis=1).mean() + 1.0))
    middle = (quotes.bid + quotes.ask) / 2.0
    per_second = middle[::_INTERVALS_PER_SECOND]
    sigma = float(np.sqrt((np.diff(np.log(per_second[::30])) ** 2).sum()))
    before = trades.price[: int(np.argmax(chosen))]
    path = DayPath(
        symbol=trades.symbol,
        open_ns=session.open_ns,
        close_ns=session.close_ns,
        # The file starts before the open: its first print is the nearest thing to a previous close that it holds.
        previous_close=round(float(before[0] if len(before) else trades.price[chosen][0]) / 10_000.0, 2),
        day_sigma=sigma,
        bid_cents=quotes.bid,
        ask_cents=quotes.ask,
        book=books.build_book(generator, books.draw_arrangement(generator, intervals), lean, taken, quotes.size),
        prints=prints,
        variance_factor=variance_factor(per_second, np.zeros(len(per_second))),
    )
    return session, path


def _check_fits(file: Path, trades: RecordedTrades, spec: MarketSpec) -> None:
    profile_of(trades.symbol)
    if spec.symbols != (trades.symbol,):
        raise DataError(f"tape {file}: is of {trades.symbol}, but {', '.join(spec.symbols)} is to be simulated")
    if spec.session_date not in (None, trades.date):
        raise DataError(f"tape {file}: is of {trades.date}, but the session asked for is {spec.session_date}")


def _prints(trades: RecordedTrades, ts_ns: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Prints:
    venues, venue = np.unique(trades.venue[chosen], return_inverse=True)
    flags, condition = np.unique(trades.condition[chosen], return_inverse=True)
    if len(venues) > _MAX_KINDS or len(flags) > 100 * _MAX_KINDS:
        raise DataError(
            f"the tape names {len(venues)} venues and {len(flags)} sale conditions; no real one has so many"
        )
    size = trades.size[chosen]
    return Prints(
        ts_ns=ts_ns[chosen],
        price=trades.price[chosen] / 10_000.0,
        size=size.astype(np.int32),
        venue=venue.astype(np.int8),
        condition=condition.astype(np.int16),
        venue_names=tuple(_VENUE_NAMES.get(letter, letter) for letter in venues.tolist()),
        condition_texts=tuple(_condition_text(text) for text in flags.tolist()),
        volume=np.cumsum(size, dtype=np.int64),
    )


def _condition_text(flags: str) -> str:
    """Turn Lean's hexadecimal flags into sale-condition letters."""
    try:
        value = int(flags, 16)
    except ValueError as error:
        raise DataError(f"the tape has a sale condition {flags!r} that is no hexadecimal number") from error
    return " ".join(dict.fromkeys(letter for flag, letter in _CONDITION_LETTERS if value & flag))


def _quotes(
    prints: Prints, recorded: RecordedQuotes | None, midnight_ns: int, session: calendar.Session, intervals: int
) -> _Quotes:
    """Fit bid and ask to the prints, within what the recorded second bars allow.

    A print after an uptick is taken to be at the ask, after a downtick at the bid. An interval is quoted by its first
    print, because quotes move before the trade that takes them; one without prints by the last before it. Off-exchange
    prints, which may be reported seconds late, do not count.
    """
    starts = session.open_ns + np.arange(intervals) * QUOTE_NS
    lit = np.array([name != _OFF_EXCHANGE for name in prints.venue_names])[prints.venue]
    if not lit.any():
        lit[:] = True
    times = prints.ts_ns[lit]
    price = np.rint(prints.price[lit] * 10_000.0).astype(np.int64)
    newest = np.searchsorted(times, starts, side="left")
    follows = times[np.minimum(newest, len(times) - 1)] >= starts + QUOTE_NS
    newest = np.clip(newest - follows, 0, len(times) - 1)
    moved = np.concatenate(([0], np.sign(np.diff(price))))
    index = np.arange(len(price))
    rising = moved[np.maximum.accumulate(np.where(moved != 0, index, 0))] > 0
    last = price[newest]
    bid = np.where(rising[newest], np.ceil(last / _TICK) - 1, np.floor(last / _TICK))
    ask = bid + 1
    size = np.full((intervals, 2), np.nan)
    if recorded is not None and len(recorded.ms):
        row = np.searchsorted(recorded.ms * _MS + midnight_ns, starts, side="right") - 1
        known = row >= 0
        row = np.maximum(row, 0)
        low, high = recorded.bid[row].min(axis=1), recorded.bid[row].max(axis=1)
        known &= (low > 0) & (recorded.ask[row].min(axis=1) > 0)
        bid = np.where(known, np.clip(bid, np.ceil(low / _TICK), np.floor(high / _TICK)), bid)
        low, high = recorded.ask[row].min(axis=1), recorded.ask[row].max(axis=1)
        ask = np.where(known, np.clip(bid + 1, np.ceil(low / _TICK), np.floor(high / _TICK)), ask)
        recorded_size = np.stack((recorded.bid_size[row], recorded.ask_size[row]), axis=1)
        size = np.where(known[:, None] & (recorded_size > 0), recorded_size, np.nan)
    ask = np.maximum(ask, bid + 1)
    return _Quotes(bid.astype(np.int32), ask.astype(np.int32), size)


def _aggressors(prints: Prints, quotes: _Quotes, open_ns: int) -> NDArray[np.int64]:
    """Tell buyers from sellers by the side of the mid they traded on (0 at the mid)."""
    interval = np.minimum((prints.ts_ns - open_ns) // QUOTE_NS, len(quotes.bid) - 1)
    middle = (quotes.bid[interval] + quotes.ask[interval]) / 200.0
    return np.sign(np.round(prints.price - middle, 4)).astype(np.int64)
