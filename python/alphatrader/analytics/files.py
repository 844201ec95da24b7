"""Bytes of a data file, whatever holds them: plain, gzip or zip. Every fault is a DataError of one line."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import IO

from alphatrader.domain.errors import DataError

MAX_BYTES = 1 << 30
"""Limit on the unpacked content: a chain has tens of megabytes, a day of ticks a few hundred."""


def read_data_file(path: Path) -> bytes:
    """Return the content of a plain or gzip file.

    Raises DataError for a file that is absent, unreadable, empty, cut short or larger than :data:`MAX_BYTES`.
    """
    try:
        body = _bounded(path.open("rb"), path)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: check the path") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a directory: name a file in it") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
    if body[:2] == b"\x1f\x8b":
        try:
            body = _bounded(gzip.GzipFile(fileobj=io.BytesIO(body)), path)
        except EOFError:
            raise DataError(f"{path} ends in the middle of its gzip stream: download it again") from None
        except (OSError, zlib.error) as error:
            raise DataError(f"{path} is damaged ({error}): download it again") from None
    if not body.strip():
        raise DataError(f"{path} is empty: download it again")
    return body


def read_zip_member(body: bytes, path: Path) -> tuple[str, bytes]:
    """Return name and content of the only file in a zip. Raises DataError."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise DataError(f"{path} holds {len(members)} files and one is expected: unpack it and name the one")
            with archive.open(members[0]) as stream:
                content = _bounded(stream, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise DataError(f"{path} is a damaged or unsupported zip ({error}): download it again") from None
    if not content.strip():
        raise DataError(f"{path} holds an empty file: download it again")
    return members[0].filename, content


def _bounded(stream: IO[bytes] | gzip.GzipFile, path: Path) -> bytes:
    with stream:
        body = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise DataError(f"{path} unpacks to more than {MAX_BYTES >> 20} MiB: this is no chain or tape of one day")
    return body
