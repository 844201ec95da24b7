"""What the simulator remembers besides orders: which market it runs, and how far it has come."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from alphatrader.domain.errors import ConfigError, JournalError
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.settings import SimSettings

_IDENTITY = "market"
_MARKET_TIME = "market_ns"


class MarketIdentity(msgspec.Struct, frozen=True):
    """The choices that fix a market: another identity is another market, whose state would not fit."""

    seed: int
    session_date: str
    symbols: tuple[str, ...]
    tape: str
    market_scenario: str
    start_fraction: float
    start_at: str | None = None
    events: tuple[str, ...] = ()


def remembered_session(journal: ExchangeJournal) -> str | None:
    """Return the session date of an earlier start, None at the first."""
    text = journal.fact(_IDENTITY)
    return msgspec.json.decode(text, type=MarketIdentity).session_date if text else None


def check_identity(journal: ExchangeJournal, settings: SimSettings, session_date: str) -> None:
    """Remember the market at the first start; later insist that it is the same. Raises ConfigError."""
    identity = MarketIdentity(
        settings.seed,
        session_date,
        settings.symbols,
        settings.tape.name if settings.tape else "",
        settings.market_scenario,
        settings.start_fraction,
        settings.start_at,
        settings.events,
    )
    text = journal.fact(_IDENTITY)
    if text is None:
        journal.remember(**{_IDENTITY: msgspec.json.encode(identity).decode()})
        return
    before = msgspec.json.decode(text, type=MarketIdentity)
    if before != identity:
        differences = ", ".join(
            f"{name} was {getattr(before, name)!r}, is now {getattr(identity, name)!r}"
            for name in MarketIdentity.__struct_fields__
            if getattr(before, name) != getattr(identity, name)
        )
        raise ConfigError(
            f"{settings.state_dir} holds the exchange of another SIMULATED market ({differences}); "
            "use the same settings, another --state-dir, or --fresh to forget it"
        )


def forget_state(state_dir: Path) -> None:
    """Remove the exchange's state. Raises JournalError."""
    try:
        for path in state_dir.glob("exchange.db*"):
            path.unlink()
    except OSError as error:
        raise JournalError(f"the exchange's state in {state_dir} cannot be removed ({error.strerror})") from error


def remembered_market_time(journal: ExchangeJournal) -> int | None:
    """Return the market time that was saved last, None at the first start."""
    text = journal.fact(_MARKET_TIME)
    return int(text) if text else None


def remember_market_time(journal: ExchangeJournal, market_ns: int) -> None:
    """Save market time, so that a restart goes on from here."""
    journal.remember(**{_MARKET_TIME: str(market_ns)})


@contextlib.contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process alone. Raises JournalError or ConfigError."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        lock: IO[str] = (state_dir / "sim.lock").open("w")
    except OSError as error:
        raise JournalError(
            f"the exchange's state directory {state_dir} cannot be used ({error.strerror}); choose another --state-dir"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"another SIMULATED gateway runs on {state_dir}; stop it, or choose another --state-dir"
            ) from None
        yield


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, never a part. Raises JournalError."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as error:
        raise JournalError(f"{path} cannot be written ({error.strerror}); free the disk and start again") from error
