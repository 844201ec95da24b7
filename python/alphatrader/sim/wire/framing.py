r"""Frames: a 4-byte big-endian length, then that many bytes. Both directions use them after the client's ``API\\0``."""

import struct

from alphatrader.domain.errors import DataError

MAX_FRAME_BYTES = 1 << 18
"""Far above any request of a real client; a longer frame is a client that speaks something else."""

API_PREFIX = b"API\0"

_LENGTH = struct.Struct(">I")


class FrameError(DataError):
    """The byte stream of a client cannot be cut into frames."""


def frame(payload: bytes) -> bytes:
    """Put the length before ``payload``."""
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a byte stream into frames. It holds at most one unfinished frame."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()
        self._prefix_seen = False

    def feed(self, data: bytes) -> list[bytes]:
        r"""Take received bytes; return the payloads of all frames that are complete now.

        Raises FrameError if the stream doesn't open with ``API\\0``, or a frame is empty or too long.
        """
        self._buffer += data
        if not self._prefix_seen and not self._take_prefix():
            return []
        payloads: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            if length == 0 or length > self._max_frame_bytes:
                raise FrameError(f"a frame announced {length} bytes; 1 to {self._max_frame_bytes} are allowed")
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            payloads.append(bytes(self._buffer[start + _LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        return payloads

    def _take_prefix(self) -> bool:
        opening = bytes(self._buffer[: len(API_PREFIX)])
        if not API_PREFIX.startswith(opening):
            raise FrameError(f"the connection opened with {opening!r} instead of {API_PREFIX!r}: not a TWS API client")
        if len(opening) < len(API_PREFIX):
            return False
        del self._buffer[: len(API_PREFIX)]
        self._prefix_seen = True
        return True
