"""``dashboard.json`` in the home: where the page is and how to log in, for the home's owner only."""

import asyncio
from pathlib import Path

from alphatrader.control.announcements import remove_announcement, write_announcement


class Announcement:
    """The page's announcement. ``url`` is what browsers open, ``address`` where this process listens."""

    def __init__(self, path: Path, url: str, address: tuple[str, int]) -> None:
        self._path = path
        self._address = address
        self.url = url

    def login_url(self, token: str) -> str:
        """Return the link for a token. It works once; the file then holds the next one."""
        return f"{self.url}/login?token={token}"

    async def write(self, token: str) -> None:
        """Replace the file. Raises OSError."""
        body = {"url": self.url, "login_url": self.login_url(token), "address": self._address}
        await asyncio.to_thread(write_announcement, self._path, body)

    def remove(self) -> None:
        """Remove the file if it is still ours: a successor may have replaced it."""
        remove_announcement(self._path)
