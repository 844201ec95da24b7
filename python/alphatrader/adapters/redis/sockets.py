"""Where the private server's socket can be: the kernel limits its path to about a hundred bytes."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from alphatrader.domain.errors import StoreError

PATH_MAX_BYTES = 103
"""sun_path is 108 bytes on Linux, 104 on macOS, the closing zero included."""


def choose_socket(directory: Path) -> tuple[Path, str]:
    """Return the socket's path for a server in ``directory``, and a note where it lies elsewhere. Raises StoreError."""
    inside = directory / "redis.sock"
    if len(os.fsencode(inside)) <= PATH_MAX_BYTES:
        return inside, ""
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    outside = base / f"alphatrader-{os.getuid()}" / f"{digest}-redis.sock"
    if len(os.fsencode(outside)) > PATH_MAX_BYTES:
        raise StoreError(f"No path short enough for a socket was found ({outside}): set TMPDIR or redis.url.")
    _make_private(outside.parent)
    return outside, f"its socket is at {outside}, because the path of {directory} is too long for one"


def _make_private(directory: Path) -> None:
    """Create a directory that only we can enter, or check that it is one: others could listen in our place."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise StoreError(f"{directory} could not be created ({error.strerror}): set TMPDIR or redis.url.") from error
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    if not private:
        raise StoreError(f"{directory} is open to other users: remove it, or set TMPDIR or redis.url.")
