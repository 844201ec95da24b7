"""The exchange's state on disk: SQLite in WAL mode, one transaction for all that one step changed.

``synchronous=NORMAL``: a commit is a write into the operating system's cache, about 50 microseconds, so it may stay on
the event loop; a killed process loses nothing, only a power cut could. That is enough for a simulator, which must
outlive ``kill -9`` of itself.
"""

import contextlib
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from alphatrader.domain.errors import ConfigError, JournalError
from alphatrader.sim.exchange.account import Account, Position
from alphatrader.sim.exchange.orders import ExecutionRecord, Order
from alphatrader.sim.exchange.registry import OrderRegistry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (perm_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY, exec_id TEXT NOT NULL UNIQUE, session_date TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS positions (con_id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Sequence(msgspec.Struct):
    """Counters that never go back, also over restarts."""

    session_tag: str
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

    def next_exec_id(self) -> str:
        """Return an execution id in the broker's form: tag.counter.leg.correction."""
        self.execution += 1
        return f"{self.session_tag}.{self.execution:08x}.01.01"


class ExchangeJournal:
    """Reads the state at start and writes what changed. Raises JournalError, with the path, if the disk fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._orders: dict[int, Order] = {}
        self._executions: list[ExecutionRecord] = []
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

    def restore(self, registry: OrderRegistry, account: Account, executions: list[ExecutionRecord]) -> Sequence:
        """Fill the given objects with the state on disk; return the counters."""
        tag = f"{int(account.session_date.replace('-', '')):08x}"
        try:
            for (body,) in self._database.execute("SELECT body FROM orders ORDER BY perm_id"):
                registry.add(msgspec.json.decode(body, type=Order))
            for (body,) in self._database.execute("SELECT body FROM positions"):
                position = msgspec.json.decode(body, type=Position)
                account.positions[position.con_id] = position
            query = "SELECT body FROM executions WHERE session_date = ? ORDER BY number"
            for (body,) in self._database.execute(query, (account.session_date,)):
                executions.append(msgspec.json.decode(body, type=ExecutionRecord))
            cash, counters = self.fact("cash"), self.fact("sequence")
            account.contracts_traded = int(self.fact("contracts_traded") or 0)
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise ConfigError(
                f"the exchange's state {self._path} cannot be read ({error}); move it away to start afresh"
            ) from error
        if cash is not None:
            account.cash = Decimal(cash)
        return msgspec.json.decode(counters, type=Sequence) if counters else Sequence(session_tag=tag)

    def note(self, order: Order) -> None:
        """Mark an order as changed."""
        self._orders[order.perm_id] = order

    def note_execution(self, execution: ExecutionRecord) -> None:
        """Mark an execution as new."""
        self._executions.append(execution)

    def commit(self, account: Account, sequence: Sequence) -> None:
        """Write everything that was noted, with account and counters, in one transaction."""
        if not self._orders and not self._executions:
            return
        encode = msgspec.json.encode
        con_ids = {execution.con_id for execution in self._executions}
        facts = {
            "cash": str(account.cash),
            "contracts_traded": str(account.contracts_traded),
            "sequence": encode(sequence).decode(),
        }
        self._write(
            [
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
                    [(con_id, encode(account.positions[con_id])) for con_id in con_ids],
                ),
                ("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items())),
            ]
        )
        self._orders.clear()
        self._executions.clear()

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
