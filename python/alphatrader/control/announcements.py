"""Announcements: small JSON files in a home in which a process says that it runs, and how to reach it.

A process that was killed leaves its file behind, and its process id may belong to another by then. So an announcement
counts only if the process with that id lives and began before the file was written.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from alphatrader.control.processes import started_at_s

_SLACK_S = 2.0
"""Starts of processes are known to about a second."""


def read_announcement(path: Path, *, of_the_dead: bool = False) -> dict[str, Any] | None:
    """Return an announcement whose process lives, or with ``of_the_dead`` any; None otherwise."""
    try:
        written_s = path.stat().st_mtime
        body = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("pid"), int):
        return None
    if of_the_dead:
        return body
    started_s = started_at_s(body["pid"])
    return body if started_s is not None and started_s <= written_s + _SLACK_S else None


def write_announcement(path: Path, body: dict[str, Any]) -> None:
    """Replace the file, for its owner's eyes only; ``pid`` is added. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Mode at creation: between a write and a chmod others could read it.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode({"pid": os.getpid(), **body}) + b"\n")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_announcement(path: Path) -> None:
    """Remove the file if it is ours: a successor may have replaced it."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        body = msgspec.json.decode(path.read_bytes())
        if isinstance(body, dict) and body.get("pid") == os.getpid():
            path.unlink()
