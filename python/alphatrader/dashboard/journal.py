"""What the journal says, read-only: the trading state and what people did. It speaks also when the trader is gone."""

import asyncio
import time
from pathlib import Path

from msgspec import Struct

from alphatrader.adapters.journal import JournalReader
from alphatrader.domain.errors import JournalError

CACHE_S = 1.0
ACTIONS = 10


class ActionView(Struct, frozen=True):
    """An operator's action."""

    ts_ns: int
    action: str
    actor: str
    reason: str


class JournalView(Struct, frozen=True):
    """The journaled truth; ``readable`` False: ``detail`` says why, and the rest says nothing.

    ``state`` is empty if the trading state never changed: then it is ACTIVE from the start.
    """

    readable: bool
    detail: str = ""
    state: str = ""
    actor: str = ""
    reason: str = ""
    ts_ns: int = 0
    actions: tuple[ActionView, ...] = ()


class JournalWindow:
    """Reads the journal at most once a second, whatever the number of pages; its writer is never held up."""

    def __init__(self, path: Path) -> None:
        self._reader = JournalReader(path)
        self._reading = asyncio.Lock()
        self._read_at_s = float("-inf")
        self._view = JournalView(readable=False, detail="not read yet")

    async def view(self) -> JournalView:
        """Return what it says now, or a second ago."""
        async with self._reading:
            if time.monotonic() - self._read_at_s >= CACHE_S:
                self._view = await asyncio.to_thread(self._read)
                self._read_at_s = time.monotonic()
            return self._view

    def _read(self) -> JournalView:
        try:
            change = self._reader.state()
            rows = self._reader.operator_actions(ACTIONS)
        except JournalError as error:
            return JournalView(readable=False, detail=str(error))
        actions = tuple(ActionView(row.ts_ns, row.action, row.actor, row.reason) for row in rows)
        if change is None:
            return JournalView(readable=True, actions=actions)
        return JournalView(
            readable=True,
            state=change.state.value,
            actor=change.actor,
            reason=change.reason,
            ts_ns=change.ts_ns,
            actions=actions,
        )
