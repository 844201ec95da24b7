"""Real samples from files on this machine: Lean tick zips and Cboe chains. Only statistics of them leave here."""

import datetime as dt
import gzip
import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from alphatrader import _core, calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.calibration.samples import ChainSample, Floats, TapeSample
from alphatrader.sim.market.tape import lean
from alphatrader.sim.market.tape.fitted import OFF_EXCHANGE

_DOLLAR = 10_000.0
_TIME = re.compile(r"(\d{1,2}):(\d{2})\s*([AP]M)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_S = 86_400.0


def read_tape_sample(file: Path) -> TapeSample:
    """Read a Lean tick-trade zip with the quotes beside it, by tick or by second. Raises DataError."""
    found = lean.read_trades(file)
    trades = found.trades
    session = calendar.session_for(found.file.date)
    says = np.array([kind.says for kind in trades.kinds], dtype=np.uint32)[trades.kind]
    chosen = (trades.ts_ns >= session.open_ns) & (trades.ts_ns < session.close_ns)
    chosen &= (says & _core.SALE_NO_AGGRESSOR) == 0
    chosen &= ~np.array(found.suspicious)[trades.kind]
    beside = lean.quotes_beside(file)
    if beside is None:
        raise DataError(f"{file}: no quotes lie beside it (YYYYMMDD_tick_quote.zip or _second_quote.zip)")
    by_tick = lean.identify(beside).content == "quote_tick"
    if by_tick:
        quote_ts_ns, bid, ask = (quotes := lean.read_tick_quotes(beside)).ts_ns, quotes.bid, quotes.ask
    else:
        bars = lean.read_second_quotes(beside)
        # A second's last quote is known at its end.
        quote_ts_ns, bid, ask = bars.ts_ns + calendar.NS, bars.bid[:, -1] / _DOLLAR, bars.ask[:, -1] / _DOLLAR
    return TapeSample(
        name=f"{found.file.symbol} {found.file.date}",
        open_ns=session.open_ns,
        close_ns=session.close_ns,
        ts_ns=trades.ts_ns[chosen],
        price=trades.price[chosen],
        size=trades.size[chosen],
        lit=np.array([name != OFF_EXCHANGE for name in trades.venues])[trades.venue][chosen],
        sweep=(says[chosen] & _core.SALE_INTERMARKET_SWEEP) != 0,
        quote_ts_ns=quote_ts_ns,
        bid=bid,
        ask=ask,
        quotes_by_tick=by_tick,
    )


def read_chain_sample(file: Path) -> ChainSample:
    """Read a gzipped Cboe chain as of the close of its session; the day's own expiry is left out. Raises DataError."""
    try:
        body = gzip.decompress(file.read_bytes())
        chain = _core.decode_cboe_csv(body)
    except (OSError, EOFError, _core.CoreError) as error:
        raise DataError(f"chain {file}: cannot be read ({str(error).splitlines()[0]}); fetch it again") from error
    table = pa.record_batch(chain)
    if not chain.spot or not table.num_rows:
        raise DataError(f"chain {file}: names no price of the underlying, or has no rows; fetch it again")
    session = _session_of(file, chain.as_of or "")
    root = table["root"][0].as_py()
    expiry = table["expiry"].cast(pa.int32()).to_numpy()
    at = {
        day: (calendar.option_settlement_ns(root, _iso(day).replace("-", "")) - session.close_ns) / 1e9 / _DAY_S
        for day in np.unique(expiry).tolist()
    }
    days = np.array([at[day] for day in expiry.tolist()])
    rows = days > 0.5

    def column(name: str) -> Floats:
        values = table[name].to_numpy(zero_copy_only=False).astype(np.float64)
        return np.nan_to_num(values[rows])

    return ChainSample(
        name=f"{root} {session.date}",
        spot=chain.spot,
        days=days[rows],
        strike=column("strike"),
        is_call=column("right") > 0,
        bid=column("bid"),
        ask=column("ask"),
        iv=column("iv"),
        volume=column("volume"),
        open_interest=column("open_interest"),
    )


def _session_of(file: Path, as_of: str) -> calendar.Session:
    """Find the session a chain shows: that of the date in its name, or the one before for weekends and mornings."""
    named = _DATE.search(file.name)
    if named is None:
        raise DataError(f"chain {file}: its name must hold its date as YYYY-MM-DD")
    date = dt.date.fromisoformat(named.group())
    clock = _TIME.search(as_of)
    if clock is not None:
        hour = int(clock.group(1)) % 12 + 12 * (clock.group(3) == "PM") if clock.group(3) else int(clock.group(1))
        if hour < 16:
            date -= dt.timedelta(days=1)
    return calendar.latest_session(date)


def _iso(days_since_1970: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=days_since_1970)).isoformat()
