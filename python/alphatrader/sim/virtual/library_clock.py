"""Lends ib_insync and ib_async another clock.

Both stamp what arrives with ``datetime.now`` and measure time-outs with ``time.time``: in a simulated day these are the
wrong day, and in virtual time they stand still. Both also keep tickers in sets ordered by memory address, so that
a bot that loops over ``pendingTickers`` acts in another order in each run. Inside ``library_clock`` the libraries'
modules read the market's clock, and tickers are ordered by first use. Nothing of the libraries is changed on disk.
"""

import contextlib
import datetime as real_datetime
import importlib
import itertools
import time as real_time
import types
from collections.abc import Callable, Iterator
from typing import Any

_PARTS = ("client", "ib", "util", "wrapper")
_NS = 1_000_000_000


@contextlib.contextmanager
def library_clock(library: str, now_ns: Callable[[], int]) -> Iterator[None]:
    """Let ``library`` (``ib_insync`` or ``ib_async``) read ``now_ns`` (nanoseconds since the epoch) as the time.

    Use it once at a time for a library. Raises ModuleNotFoundError where the library is not installed.
    """
    clock = _Clock(now_ns)
    with contextlib.ExitStack() as stack:
        for part in _PARTS:
            module = importlib.import_module(f"{library}.{part}")
            for name, replacement in _replacements(module, clock):
                stack.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, replacement)
        ticker = importlib.import_module(f"{library}.ticker").Ticker
        stack.callback(setattr, ticker, "__hash__", ticker.__hash__)
        ticker.__hash__ = _hash_by_first_use()
        yield


class _Clock:
    """The replacements that share one clock."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.now_ns = now_ns
        self.datetime = _datetime_class(now_ns)
        self.date = _date_class(now_ns)
        self.datetime_module = _overlay(real_datetime, datetime=self.datetime, date=self.date)
        self.time_module = _overlay(real_time, time=lambda: now_ns() / _NS, time_ns=now_ns)


def _replacements(module: types.ModuleType, clock: _Clock) -> list[tuple[str, Any]]:
    """Name what a module has imported of ``datetime`` and ``time``, whatever it calls it."""
    found: list[tuple[str, Any]] = []
    for name, value in vars(module).items():
        if value is real_datetime:
            found.append((name, clock.datetime_module))
        elif value is real_datetime.datetime:
            found.append((name, clock.datetime))
        elif value is real_datetime.date:
            found.append((name, clock.date))
        elif value is real_time:
            found.append((name, clock.time_module))
    return found


def _overlay(module: types.ModuleType, **changed: Any) -> types.ModuleType:
    copy = types.ModuleType(module.__name__, module.__doc__)
    vars(copy).update({name: value for name, value in vars(module).items() if not name.startswith("__")})
    vars(copy).update(changed)
    return copy


def _datetime_class(now_ns: Callable[[], int]) -> type[real_datetime.datetime]:
    class _Meta(type):
        # Plain datetimes, which everybody else makes, are instances too.
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime.datetime)

    def stamp(zone: real_datetime.tzinfo | None) -> real_datetime.datetime:
        seconds, rest_ns = divmod(now_ns(), _NS)
        return real_datetime.datetime.fromtimestamp(seconds, zone).replace(microsecond=rest_ns // 1000)

    class VirtualDatetime(real_datetime.datetime, metaclass=_Meta):
        """``datetime`` whose present is the market's."""

        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> real_datetime.datetime:  # type: ignore[override]
            """Return the market's time."""
            return stamp(tz)

        @classmethod
        def utcnow(cls) -> real_datetime.datetime:  # type: ignore[override]
            """Return the market's time in UTC, without a zone."""
            return stamp(real_datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> real_datetime.datetime:  # type: ignore[override]
            """Return the market's time."""
            return stamp(None)

    return VirtualDatetime


def _date_class(now_ns: Callable[[], int]) -> type[real_datetime.date]:
    class _Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime.date)

    class VirtualDate(real_datetime.date, metaclass=_Meta):
        """``date`` whose present is the market's."""

        @classmethod
        def today(cls) -> real_datetime.date:  # type: ignore[override]
            """Return the market's date."""
            return real_datetime.datetime.fromtimestamp(now_ns() // _NS).date()  # noqa: DTZ006 - local, as the original

    return VirtualDate


def _hash_by_first_use() -> Callable[[Any], int]:
    numbers = itertools.count(1)

    def order(ticker: Any) -> int:
        number: int = vars(ticker).setdefault("_first_use", 0) or next(numbers)
        vars(ticker)["_first_use"] = number
        return number

    return order
