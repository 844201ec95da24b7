"""Version negotiation: ``v<min>..<max>[ <options>]`` against the one version that is spoken here."""

import re
from datetime import datetime

from alphatrader.domain.errors import DataError
from alphatrader.sim.wire.fields import message

SERVER_VERSION = 176
"""The newest version that ib_insync 0.9.86 decodes; newer clients accept it, and one layout serves them all."""

_RANGE = re.compile(rb"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: .*)?", re.DOTALL)


class VersionError(DataError):
    """A client that cannot be spoken to in version 176."""


def negotiate(payload: bytes) -> int:
    """Read the client's range and return the version to announce. Raises VersionError."""
    match = _RANGE.fullmatch(payload)
    if match is None:
        raise VersionError(f"the version range was {payload[:60]!r}; expected v<min>..<max>")
    lowest = int(match[1])
    highest = int(match[2] or match[1])
    version = min(highest, SERVER_VERSION)
    if lowest > highest or version < lowest or version != SERVER_VERSION:
        raise VersionError(
            f"the client speaks versions {lowest}..{highest}; this gateway speaks only {SERVER_VERSION}: "
            "use ib_insync 0.9.86, ib_async 2.x or an official client of 10.20 or later"
        )
    return version


def announcement(version: int, now: datetime) -> bytes:
    """Build the server's answer: exactly two fields, the version and its local time."""
    return message(version, f"{now:%Y%m%d %H:%M:%S} US/Eastern")
