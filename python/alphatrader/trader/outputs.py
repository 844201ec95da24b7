"""The outputs of a run (signals and order intents, canonical JSON, one a line) and their running hash."""

import asyncio
import hashlib
from pathlib import Path

import structlog

from alphatrader.engine.state import EngineState

_INTERVAL_S = 0.25
_LOG = structlog.get_logger(__name__)


class OutputFile:
    """Writes ``outputs.jsonl`` beside the event log, off the loop, a few times a second."""

    def __init__(self, path: Path, state: EngineState) -> None:
        self._path = path
        self._state = state
        self._digest = hashlib.sha256()
        self._unwritten = b""
        self._failed = False

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
        block = b"".join(line + b"\n" for line in self._state.drain_outputs())
        self._digest.update(block)
        self._unwritten += block
        if not self._unwritten:
            return
        try:
            await asyncio.to_thread(self._append, self._unwritten)
        except OSError as error:
            # Tried again with the next flush: the journal has every signal and intent too.
            if not self._failed:
                _LOG.error("outputs_not_written", path=str(self._path), error=str(error))
            self._failed = True
        else:
            self._unwritten, self._failed = b"", False

    def _append(self, block: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(block)
