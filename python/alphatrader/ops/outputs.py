"""The outputs of a run (signals and order intents, canonical JSON, one a line) and their running hash."""

import asyncio
import hashlib
from pathlib import Path

from alphatrader.engine.state import EngineState

_INTERVAL_S = 0.25


class OutputFile:
    """Writes ``outputs.jsonl`` beside the event log, off the loop, a few times a second."""

    def __init__(self, path: Path, state: EngineState) -> None:
        self._path = path
        self._state = state
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of everything written so far."""
        return self._digest.hexdigest()

    async def run(self) -> None:
        """Flush until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what the engine has put out since the last call."""
        lines = self._state.drain_outputs()
        if lines:
            block = b"".join(line + b"\n" for line in lines)
            self._digest.update(block)
            await asyncio.to_thread(self._append, block)

    def _append(self, block: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(block)
