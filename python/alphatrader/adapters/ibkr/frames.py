"""Framing of the TWS protocol: a 4-byte big-endian length, then NUL-terminated fields.

The library's own framing buffers for ever on a nonsensical length and slows with every message that waits.
"""

import struct
from collections.abc import Iterable
from typing import Protocol

from alphatrader.domain.errors import DataError

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""Far above any real message (the largest are lists of contracts, some hundred kilobytes)."""


class Reader(Protocol):
    """Reads the bytes of one connection."""

    def feed(self, data: bytes) -> Iterable[list[str]]:
        """Take what arrived and return the messages to dispatch. Raises DataError on an impossible length."""
        ...


class FrameReader:
    """Cuts a byte stream into messages, each a list of fields."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[list[str]]:
        """Take what arrived and return the messages that are whole. Raises DataError on an impossible length."""
        buffer = self._rest + data if self._rest else data
        messages: list[list[str]] = []
        position = 0
        end = len(buffer)
        while end - position >= 4:
            (length,) = struct.unpack_from(">I", buffer, position)
            if not 0 < length <= MAX_FRAME_BYTES:
                raise DataError(
                    f"the gateway announced a message of {length} bytes, which no gateway sends; "
                    "is the port that of a TWS / IB Gateway API?"
                )
            if end - position - 4 < length:
                break
            position += 4
            text = buffer[position : position + length].decode(errors="backslashreplace")
            messages.append(text.split("\0")[:-1])
            position += length
        self._rest = buffer[position:]
        return messages
