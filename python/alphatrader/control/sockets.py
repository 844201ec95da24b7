"""Where a private unix socket can be: only its user may reach it, and the kernel limits its path to about 100 bytes."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from alphatrader.domain.errors import ConfigError

PATH_MAX_BYTES = 103
"""sun_path is 108 bytes on Linux, 104 on macOS, the closing zero included."""


def private_socket(directory: Path, name: str) -> Path:
    """Return the path of the socket ``name`` of ``directory``: the same for whoever listens and whoever connects.

    It lies in the directory, or where that path is too long for a socket, in a short folder that only this user can
    enter; that folder is made or checked. Raises ConfigError.
    """
    inside = directory.resolve() / name
    if len(os.fsencode(inside)) <= PATH_MAX_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    outside = base / f"alphatrader-{os.getuid()}" / f"{digest}-{name}"
    if len(os.fsencode(outside)) > PATH_MAX_BYTES:
        raise ConfigError(
            f"no path short enough for the socket {name} was found ({outside}): set TMPDIR to a short one"
        )
    _make_private(outside.parent)
    return outside


def _make_private(directory: Path) -> None:
    """Create a directory that only we can enter, or check that it is one: others could listen in our place."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigError(f"{directory} could not be created ({error.strerror}): set TMPDIR") from error
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    if not private:
        raise ConfigError(f"{directory} is open to other users: remove it, or set TMPDIR to another place")
