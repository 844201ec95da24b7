"""``dashboard.json`` in the home: where the page is and how to log in, for the home's owner only."""

import asyncio
import contextlib
import os
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct


class AnnouncementBody(Struct, frozen=True):
    """The file's content. ``login_url`` works once; the file then holds the next one."""

    pid: int
    url: str
    login_url: str


class Announcement:
    """Writes the file atomically with mode 0600, and removes it at the end."""

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self.url = url

    def login_url(self, token: str) -> str:
        """Return the link for a token."""
        return f"{self.url}/login?token={token}"

    async def write(self, token: str) -> None:
        """Replace the file. Raises OSError."""
        await asyncio.to_thread(self._write, token)

    def _write(self, token: str) -> None:
        body = AnnouncementBody(os.getpid(), self.url, self.login_url(token))
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        # Mode at creation: between a write and a chmod others could read the link.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(body) + b"\n")
            temporary.replace(self._path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Remove the file if it is still ours: a successor may have replaced it."""
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            if msgspec.json.decode(self._path.read_bytes(), type=AnnouncementBody).pid == os.getpid():
                self._path.unlink()
