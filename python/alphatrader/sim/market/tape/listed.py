"""What a tape lists: its underlyings, and the options built around them."""

import dataclasses
import zlib
from decimal import Decimal

import numpy as np

from alphatrader.sim.market.listing import underlying_contract
from alphatrader.sim.market.profiles import PROFILES
from alphatrader.sim.market.tape.fitted import OFF_EXCHANGE
from alphatrader.sim.market.tape.form import InstrumentTape
from alphatrader.sim.market.types import ListedContract

_FIRST_ID, _IDS = 100_000_000, 200_000_000
"""Contract ids of underlyings that have no profile; clear of the known ones and of the options."""
_CENT = Decimal("0.01")
_ON_CENT_SHARE = 0.95


def underlying_of(tape: InstrumentTape, date: str) -> ListedContract:
    """Describe a recorded underlying: from its profile where it has one, else from the tape itself."""
    profile = PROFILES.get(tape.symbol)
    if profile is not None:
        known = underlying_contract(profile)
        return dataclasses.replace(known, long_name=f"{known.long_name} (RECORDED {date})")
    primary = _busiest_venue(tape)
    return ListedContract(
        con_id=_FIRST_ID + zlib.crc32(tape.symbol.encode()) % _IDS,
        symbol=tape.symbol,
        sec_type=tape.sec_type,
        exchange="SMART" if tape.sec_type == "STK" else primary,
        primary_exchange=primary,
        currency="USD",
        local_symbol=tape.symbol,
        trading_class=tape.symbol,
        min_tick=tick_of(tape),
        long_name=f"{tape.symbol} (RECORDED {date})",
        stock_type="COMMON" if tape.sec_type == "STK" else "",
    )


def tick_of(tape: InstrumentTape) -> Decimal:
    """Return the price step: a cent, unless most recorded prices lie between cents."""
    prices = tape.quotes.bid if tape.quotes_are != "fitted" and len(tape.quotes.bid) else tape.trades.price
    return tick_of_prices(prices)


def tick_of_prices(prices: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Decimal:
    """Return a cent if most prices are whole cents, else a hundredth of one."""
    cents = prices[prices > 0.0] * 100.0
    on_cent = np.abs(cents - np.rint(cents)) < 1e-6
    return _CENT if not len(cents) or on_cent.mean() >= _ON_CENT_SHARE else Decimal("0.0001")


def _busiest_venue(tape: InstrumentTape) -> str:
    """Return the exchange that printed the most shares."""
    trades = tape.trades
    volume = np.bincount(trades.venue, trades.size, len(trades.venues)) if len(trades.venues) else np.empty(0)
    lit = [
        (float(total), name)
        for total, name in zip(volume.tolist(), trades.venues, strict=True)
        if name not in ("", OFF_EXCHANGE)
    ]
    return max(lit)[1] if lit else "NYSE"
