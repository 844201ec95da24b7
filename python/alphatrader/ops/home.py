"""A home: the directory of one journal and everything that belongs to it. See ``docs/architecture.md``."""

import datetime as dt
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from alphatrader.domain.errors import ConfigError, DataError

_SOCKET_PATH_MAX_BYTES = 100


class HomeLabel(Struct, frozen=True):
    """``home.json``: what the home is for."""

    mode: str
    simulated: bool
    seed: int
    speed: float
    tape: str
    created: str


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one home."""

    path: Path

    @property
    def journal(self) -> Path:
        """The SQLite journal."""
        return self.path / "journal.db"

    @property
    def lock(self) -> Path:
        """The file that one writer holds."""
        return self.path / "trader.lock"

    @property
    def exchange(self) -> Path:
        """State of the simulated exchange."""
        return self.path / "exchange"

    @property
    def redis(self) -> Path:
        """State of the embedded Redis."""
        return self.path / "redis"

    @property
    def logs(self) -> Path:
        """Log files of all processes."""
        return self.path / "logs"

    @property
    def events(self) -> Path:
        """Event logs, one folder a start."""
        return self.path / "events"

    @property
    def summary(self) -> Path:
        """The last run's summary."""
        return self.path / "summary.json"

    @property
    def control_socket(self) -> Path:
        """The trader's control socket; in a short private folder where the home's path is too long for a socket."""
        path = self.path.resolve() / "control.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_MAX_BYTES:
            return path
        digest = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"alphatrader-{os.getuid()}" / f"{digest}.sock"

    def label(self) -> HomeLabel:
        """Read ``home.json``. Raises DataError."""
        try:
            return msgspec.json.decode((self.path / "home.json").read_bytes(), type=HomeLabel)
        except (OSError, msgspec.DecodeError) as error:
            raise DataError(
                f"{self.path} is not a home ({error}): name the folder of a run, for example var/sim/…"
            ) from None

    def write_label(self, label: HomeLabel) -> None:
        """Create the folders and write ``home.json``. Raises ConfigError."""
        try:
            for folder in (self.path, self.logs, self.events):
                folder.mkdir(parents=True, exist_ok=True)
            self.control_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "home.json").write_bytes(msgspec.json.encode(label) + b"\n")
        except OSError as error:
            raise ConfigError(
                f"the state directory {self.path} cannot be written ({error}): free the disk or set paths.state_dir"
            ) from error


def simulated_home(state_dir: Path, *, resume: bool) -> Home:
    """Return a new home for a simulated run, or the newest one to resume. Raises ConfigError."""
    root = state_dir / "sim"
    if not resume:
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
        candidates = [root / stamp, *(root / f"{stamp}-{n}" for n in range(2, 100))]
        return Home(next(path for path in candidates if not path.exists()))
    newest = newest_home(state_dir)
    if newest is None:
        raise ConfigError(f"there is no run to resume below {root}: start one without --resume")
    return newest


def broker_home(state_dir: Path, mode: str) -> Home:
    """Return the lasting home of a mode with a real gateway."""
    return Home(state_dir / mode)


def newest_home(state_dir: Path) -> Home | None:
    """Return the simulated home that traded last, if there is one; a start that failed before it is none."""
    root = state_dir / "sim"
    homes = sorted(root.iterdir(), reverse=True) if root.is_dir() else []
    return next((Home(path) for path in homes if (path / "home.json").is_file() and any(path.glob("events/*"))), None)
