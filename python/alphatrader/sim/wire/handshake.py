"""Version negotiation: ``v<min>..<max>[ <options>]`` against the versions that are spoken here."""

import re
from datetime import datetime

from alphatrader.domain.errors import DataError
from alphatrader.sim.wire.fields import message

SERVER_VERSION = 176
"""The newest version that ib_insync 0.9.86 decodes; newer clients accept it, and one layout serves them all."""
LEGACY_VERSION = 157
"""What ibapi 9.81 speaks at most: no zones in dates, whole sizes, errors without JSON."""
SPOKEN = (SERVER_VERSION, LEGACY_VERSION)
"""Exactly these layouts are written and read, best first."""

ZONED_DATES = 174
"""From this version on, dates name their zone."""
ERROR_JSON = 166
"""From this version on, errors carry a JSON field."""

_RANGE = re.compile(rb"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: .*)?", re.DOTALL)


class VersionError(DataError):
    """A client that cannot be spoken to."""


def negotiate(payload: bytes) -> int:
    """Read the client's range and return the version to announce: the newest one both sides speak.

    Raises VersionError.
    """
    match = _RANGE.fullmatch(payload)
    if match is None:
        raise VersionError(f"the version range was {payload[:60]!r}; expected v<min>..<max>")
    lowest = int(match[1])
    highest = int(match[2] or match[1])
    for version in SPOKEN:
        if lowest <= version <= highest:
            return version
    raise VersionError(
        f"the client speaks versions {lowest}..{highest}; this gateway speaks {SERVER_VERSION} and {LEGACY_VERSION}: "
        "use ib_insync 0.9.86, ib_async 2.x, or the official client 9.81 or 10.20 and later"
    )


def announcement(version: int, now: datetime) -> bytes:
    """Build the server's answer: exactly two fields, the version and its local time."""
    return message(version, f"{now:%Y%m%d %H:%M:%S} US/Eastern")
