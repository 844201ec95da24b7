"""The lock that keeps a second trader off a journal: the kernel holds it, so it ends with the process."""

import fcntl
import os
from pathlib import Path

from alphatrader.domain.errors import JournalError


class WriterLock:
    """An exclusive ``flock`` on a file that names the process which holds it."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self.path = path

    @classmethod
    def acquire(cls, path: Path) -> "WriterLock":
        """Take the lock or raise JournalError, naming the holder."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(
                f"The lock file {path} could not be opened ({error.strerror}): check the directory's owner and space."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise JournalError(
                f"Another trader (pid {holder}) holds {path}: stop it first, or name another home."
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise JournalError(
                f"{path} could not be locked ({error.strerror}): keep the home on a local disk."
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            raise JournalError(f"{path} could not be written ({error.strerror}): free space on the disk.") from error
        return cls(descriptor, path)

    def release(self) -> None:
        """Give the lock up. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
