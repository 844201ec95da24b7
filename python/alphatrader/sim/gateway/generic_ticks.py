"""Ticks beyond the quote that a client asks for by number: volumes, open interest, mark price, trade rates."""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from msgspec import Struct

from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.history_bars import historical_volatility
from alphatrader.sim.gateway.quote_messages import TickEncoder
from alphatrader.sim.gateway.valuation import settlement_ns
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import ListedContract, MarketTables, Quote, SimulatedMarket
from alphatrader.sim.wire.errors import invalid

LEGAL = {
    "100": "Option Volume",
    "101": "Open Interest",
    "104": "Historical Volatility",
    "105": "Average Opt Volume",
    "106": "impvolat",
    "162": "Index Future Premium",
    "165": "Misc. Stats",
    "221": "Mark Price",
    "225": "Auction",
    "232": "Mark Price",
    "233": "RTVolume",
    "236": "inventory",
    "258": "Fundamentals",
    "292": "Wide_news",
    "293": "TradeCount",
    "294": "TradeRate",
    "295": "VolumeRate",
    "318": "LastRTHTrade",
    "375": "RTTrdVolume",
    "411": "rthistvol",
    "456": "IBDividends",
    "460": "Bond Factor Multiplier",
    "576": "Etf Nav Bid Ask",
    "577": "Etf Nav Last",
    "578": "Etf Nav Close",
    "586": "IPOHLMPRC",
    "588": "Futures Open Interest",
    "595": "Short-Term Volume X Mins",
    "614": "Etf Nav Misc",
    "619": "Creditman Slow Mark Price",
    "623": "EtfFrozenNavLast",
}
"""The generic ticks that real gateways know; those the market says nothing of are taken and stay silent."""

_SHORTABLE, _SHORTABLE_SHARES = 3.0, 10_000_000.0
"""Above 2.5 means that at least a thousand shares can be borrowed."""
_CHAIN_REFRESH_S = 5.0
_HISTORY_DAYS = 31
_VOLUME_DAYS = 90
_MONTH_NS = 30 * 86_400 * 1_000_000_000

Kind = Literal["price", "size", "generic"]


class GenericTick(Struct, frozen=True):
    """One value and how it is sent."""

    kind: Kind
    tick_type: int
    value: float

    def encode(self, encoder: TickEncoder) -> bytes:
        """Write the tick."""
        if self.kind == "price":
            return encoder.price(self.tick_type, self.value, 0)
        if self.kind == "size":
            return encoder.size(self.tick_type, self.value)
        return encoder.generic(self.tick_type, self.value)


def illegal(asked: Iterable[str], sec_type: str) -> str | None:
    """Return the text of error 321 if a tick asked for does not exist. ``mdoff`` and ``mdv`` are switches."""
    wrong = [tick for tick in asked if tick.split(":")[0] not in LEGAL and tick not in {"mdoff", "mdv"}]
    if not wrong:
        return None
    legal = ",".join(f"{number}({name})" for number, name in LEGAL.items())
    return invalid(f"Incorrect generic tick list of {','.join(wrong)}.  Legal ones for ({sec_type}) are: {legal}")


class _ChainSums(Struct):
    """Sums over an underlying's chain at one moment."""

    due_s: float
    call_volume: float
    put_volume: float
    call_interest: float
    put_interest: float
    volatility: float


class GenericTicks:
    """Works out what the market implies for the ticks asked for."""

    def __init__(self, market: SimulatedMarket, stats: Mapping[int, DayStats], past: Past) -> None:
        self._market = market
        self._past = past
        self._tables = market if isinstance(market, MarketTables) else None
        self._stats = stats
        self._sums: dict[str, _ChainSums] = {}

    def values(self, contract: ListedContract, asked: frozenset[str], quote: Quote, now_s: float) -> list[GenericTick]:
        """Return all values that the ticks asked for have now."""
        out: list[GenericTick] = []
        option = contract.sec_type == "OPT"
        if option:
            call = contract.right == "C"
            if "100" in asked:
                out.append(GenericTick("size", 29 if call else 30, quote.volume))
            interest = float(self._market.open_interest(contract.con_id))
            out.append(GenericTick("size", 27 if call else 28, interest))
        elif not asked.isdisjoint({"100", "101", "106"}):
            out += self._of_chain(contract, asked, now_s)
        if not option and not asked.isdisjoint({"104", "165"}) and self._past.knows(contract.symbol):
            out += self._of_past(contract.symbol, asked)
        if not asked.isdisjoint({"221", "232"}) and (mark := _mark(quote)):
            out.append(GenericTick("price", 37, mark))
        if "236" in asked and contract.sec_type == "STK":
            out.append(GenericTick("generic", 46, _SHORTABLE))
            out.append(GenericTick("size", 89, _SHORTABLE_SHARES))
        if "318" in asked and quote.last > 0:
            out.append(GenericTick("price", 57, quote.last))
        out += self._of_prints(contract, asked)
        return out

    def _of_past(self, symbol: str, asked: frozenset[str]) -> list[GenericTick]:
        """Return the volatility of thirty days (104); the ranges of 13, 26 and 52 weeks and the mean volume (165)."""
        days = self._past.days(symbol)
        out = []
        if "104" in asked:
            out.append(GenericTick("generic", 23, round(historical_volatility(days[-_HISTORY_DAYS:])[-1], 6)))
        if "165" in asked:
            for tick_type, weeks in ((15, 13), (17, 26), (19, 52)):
                span = days[-5 * weeks :]
                out.append(GenericTick("price", tick_type, min(day.low for day in span)))
                out.append(GenericTick("price", tick_type + 1, max(day.high for day in span)))
            recent = days[-_VOLUME_DAYS:]
            out.append(GenericTick("size", 21, round(sum(day.volume for day in recent) / len(recent))))
        return out

    def _of_prints(self, contract: ListedContract, asked: frozenset[str]) -> list[GenericTick]:
        stats = self._stats.get(contract.con_id)
        if stats is None or asked.isdisjoint({"293", "294", "295", "595"}):
            return []
        now_ns = self._market.now_ns
        trades, volume = stats.recent(now_ns, 1)
        out = []
        if "293" in asked:
            out.append(GenericTick("generic", 54, float(stats.trades)))
        if "294" in asked:
            out.append(GenericTick("generic", 55, trades))
        if "295" in asked:
            out.append(GenericTick("generic", 56, volume))
        if "595" in asked:
            out += [
                GenericTick("size", tick_type, stats.recent(now_ns, minutes)[1])
                for tick_type, minutes in ((63, 3), (64, 5), (65, 10))
            ]
        return out

    def _of_chain(self, contract: ListedContract, asked: frozenset[str], now_s: float) -> list[GenericTick]:
        sums = self._chain_sums(contract, now_s)
        if sums is None:
            return []
        out = []
        if "100" in asked:
            out += [GenericTick("size", 29, sums.call_volume), GenericTick("size", 30, sums.put_volume)]
        if "101" in asked:
            out += [GenericTick("size", 27, sums.call_interest), GenericTick("size", 28, sums.put_interest)]
        if "106" in asked and sums.volatility > 0:
            out.append(GenericTick("generic", 24, round(sums.volatility, 6)))
        return out

    def _chain_sums(self, contract: ListedContract, now_s: float) -> _ChainSums | None:
        sums = self._sums.get(contract.symbol)
        if self._tables is None or (sums is not None and now_s < sums.due_s):
            return sums
        table = self._tables.chain(contract.symbol)
        call = np.array([option.right == "C" for option in table.contracts], dtype=bool)
        sums = self._sums[contract.symbol] = _ChainSums(
            now_s + _CHAIN_REFRESH_S,
            float(table.volume[call].sum()),
            float(table.volume[~call].sum()),
            float(table.open_interest[call].sum()),
            float(table.open_interest[~call].sum()),
            month_volatility(table.contracts, table.iv, table.spot, table.ts_ns),
        )
        return sums


def month_volatility(contracts: Iterable[ListedContract], iv: np.ndarray, spot: float, now_ns: int) -> float:
    """Return the volatility of thirty days: at the money of the expiries around, linear in total variance."""
    nearest: dict[int, tuple[float, float]] = {}
    for contract, value in zip(contracts, iv.tolist(), strict=True):
        ends_ns = settlement_ns(contract)
        away = abs(float(contract.strike) - spot)
        if value > 0.0 and ends_ns > now_ns and away < nearest.get(ends_ns, (np.inf, 0.0))[0]:
            nearest[ends_ns] = (away, value)
    if not nearest:
        return 0.0
    ends = sorted(nearest)
    times = np.array([ends_ns - now_ns for ends_ns in ends], dtype=np.float64)
    variance = np.array([nearest[ends_ns][1] ** 2 for ends_ns in ends]) * times
    at = float(np.clip(_MONTH_NS, times[0], times[-1]))
    return float(np.sqrt(np.interp(at, times, variance) / at))


def _mark(quote: Quote) -> float:
    """Return the last price, kept within bid and ask, as the mark is defined."""
    if quote.bid > 0 and quote.ask > 0:
        return min(max(quote.last, quote.bid), quote.ask) if quote.last > 0 else round((quote.bid + quote.ask) / 2, 4)
    return quote.last
