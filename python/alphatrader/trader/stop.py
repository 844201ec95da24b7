"""The wish to stop: who asked, why, and whether positions are to be closed first."""

import asyncio
import contextlib


class StopWish:
    """Set once; the first reason counts."""

    def __init__(self) -> None:
        self.reason = ""
        self.flatten = False
        self._asked = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether the trader is to end."""
        return self._asked.is_set()

    def ask(self, reason: str, *, flatten: bool = False) -> None:
        """Ask for the clean stop."""
        if not self._asked.is_set():
            self.reason, self.flatten = reason, flatten
            self._asked.set()

    async def wait(self) -> None:
        """Wait for it."""
        await self._asked.wait()

    async def within(self, seconds: float) -> bool:
        """Wait for it for so many wall seconds at most; return whether it came."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        return self.asked
