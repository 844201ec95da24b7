"""The exchange's state on disk: SQLite in WAL mode, one transaction for all that one step changed.

``synchronous=NORMAL``: a commit is a write into the operating system's cache, about 50 microseconds, so it may stay on
the event loop; a killed process loses nothing, only a power cut could. That is enough for a simulator, which must
outlive ``kill -9`` of itself.
"""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from alphatrader.domain.errors import ConfigError, JournalError
from alphatrader.sim.exchange.account import Account, Position
from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.orders import ExecutionRecord, Order
from alphatrader.sim.exchange.registry import OrderRegistry
from alphatrader.sim.market.types import ListedContract

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (perm_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY, exec_id TEXT NOT NULL UNIQUE, session_date TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS positions (con_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS contracts (con_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Sequence(msgspec.Struct):
    """Counters that never go back, also over restarts."""

    account_tag: str
    perm_id: int = 1_000_000_000
    priority: int = 0
    execution: int = 0

    def next_perm_id(self) -> int:
        """Return a permanent order id, unique over all clients."""
        self.perm_id += 1
        return self.perm_id

    def next_priority(self) -> int:
        """Return the next place in the queue."""
        self.priority += 1
        return self.priority

    def next_exec_stem(self) -> str:
        """Return the first two parts of an execution id; leg and correction follow: ``0000e0d5.6543210f.01.01``."""
        self.execution += 1
        return f"{self.account_tag}.{self.execution:08x}"


class _Facts(msgspec.Struct):
    """The account and the counters, as one row."""

    cash: Decimal
    contracts_traded: int
    session_date: str
    day_start_ns: int
    base_equity: Decimal
    instructions: dict[int, int]
    dropped_up_to: dict[int, int]
    sequence: Sequence


_FACTS = "exchange"


class ExchangeJournal:
    """Reads the state at start and writes what changed. Raises JournalError, with the path, if the disk fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._orders: dict[int, Order] = {}
        self._executions: list[ExecutionRecord] = []
        self._positions: set[int] = set()
        self._contracts: list[ListedContract] = []
        self._dropped: list[int] = []
        self._whole = False
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise JournalError(
                f"the exchange's state {path} cannot be opened ({error}); free the disk or choose another --state-dir"
            ) from error

    def fact(self, name: str) -> str | None:
        """Return a remembered value."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, **facts: str) -> None:
        """Store values by name."""
        self._write([("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))])

    def restore(
        self,
        registry: OrderRegistry,
        account: Account,
        instruments: Instruments,
        executions: list[ExecutionRecord],
    ) -> Sequence:
        """Fill the given objects with the state on disk; return the counters."""
        decode = msgspec.json.decode
        try:
            facts = self.fact(_FACTS)
            state = decode(facts, type=_Facts) if facts else None
            for (body,) in self._database.execute("SELECT body FROM contracts"):
                instruments.keep(decode(body, type=ListedContract))
            if state is not None:
                registry.restore_floors(state.dropped_up_to)
            for (body,) in self._database.execute("SELECT body FROM orders ORDER BY perm_id"):
                registry.add(decode(body, type=Order))
            for (body,) in self._database.execute("SELECT body FROM positions"):
                position = decode(body, type=Position)
                account.positions[position.con_id] = position
            if state is None:
                return Sequence(f"{zlib.crc32(account.account_id.encode()) & 0xFFFF:08x}")
            query = "SELECT body FROM executions WHERE session_date = ? ORDER BY number"
            for (body,) in self._database.execute(query, (state.session_date,)):
                executions.append(decode(body, type=ExecutionRecord))
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise ConfigError(
                f"the exchange's state {self._path} cannot be read ({error}); move it away to start afresh"
            ) from error
        account.cash, account.contracts_traded = state.cash, state.contracts_traded
        account.session_date, account.day_start_ns = state.session_date, state.day_start_ns
        account.base_equity, account.instructions = state.base_equity, dict(state.instructions)
        return state.sequence

    def note(self, order: Order) -> None:
        """Mark an order as changed."""
        self._orders[order.perm_id] = order

    def note_execution(self, execution: ExecutionRecord) -> None:
        """Mark an execution as new, and its position as changed."""
        self._executions.append(execution)
        self._positions.add(execution.con_id)

    def note_day(self, kept: Iterable[ListedContract]) -> None:
        """Mark that the account's day, all positions or instructions changed; ``kept`` are the contracts held."""
        self._contracts = list(kept)
        self._whole = True

    def commit(self, account: Account, sequence: Sequence, dropped_up_to: dict[int, int]) -> None:
        """Write everything that was noted, with account and counters, in one transaction."""
        if not (self._orders or self._executions or self._whole):
            return
        encode = msgspec.json.encode
        facts = _Facts(
            cash=account.cash,
            contracts_traded=account.contracts_traded,
            session_date=account.session_date,
            day_start_ns=account.day_start_ns,
            base_equity=account.base_equity,
            instructions=account.instructions,
            dropped_up_to=dropped_up_to,
            sequence=sequence,
        )
        changed = list(account.positions) if self._whole else sorted(self._positions & account.positions.keys())
        statements: list[tuple[str, list[Any]]] = []
        if self._whole:
            statements += [
                ("DELETE FROM positions", [()]),
                ("DELETE FROM contracts", [()]),
                ("DELETE FROM orders WHERE perm_id = ?", [(perm_id,) for perm_id in self._dropped]),
                (
                    "INSERT OR REPLACE INTO contracts VALUES (?, ?)",
                    [(contract.con_id, encode(contract)) for contract in self._contracts],
                ),
            ]
        statements += [
            (
                "INSERT OR REPLACE INTO orders VALUES (?, ?)",
                [(order.perm_id, encode(order)) for order in self._orders.values()],
            ),
            (
                "INSERT INTO executions (exec_id, session_date, body) VALUES (?, ?, ?)",
                [(fill.exec_id, account.session_date, encode(fill)) for fill in self._executions],
            ),
            (
                "INSERT OR REPLACE INTO positions VALUES (?, ?)",
                [(con_id, encode(account.positions[con_id])) for con_id in changed],
            ),
            ("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(_FACTS, encode(facts).decode())]),
        ]
        self._write([(sql, rows) for sql, rows in statements if rows])
        self._forget_noted()

    def note_dropped(self, perm_ids: Iterable[int]) -> None:
        """Mark orders of earlier days to be deleted with the next day's start."""
        self._dropped += perm_ids

    def _forget_noted(self) -> None:
        self._orders.clear()
        self._executions.clear()
        self._positions.clear()
        self._dropped.clear()
        self._contracts, self._whole = [], False

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def _write(self, statements: list[tuple[str, list[Any]]]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                self._database.executemany(sql, rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise JournalError(
                f"the exchange's state {self._path} cannot be written ({error}); free the disk and start again"
            ) from error
