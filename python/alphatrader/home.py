"""A home: the directory of one journal and everything that belongs to it. See ``docs/architecture.md``.

Every file of a home has its name here; only what a store keeps inside its own folder (``exchange/``, ``redis/``) is
that store's business.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from alphatrader.control.announcements import read_announcement
from alphatrader.control.sockets import private_socket
from alphatrader.domain.errors import ConfigError, DataError


class HomeLabel(Struct, frozen=True):
    """``home.json``: what the home is for."""

    mode: str
    simulated: bool
    seed: int
    speed: float
    tape: str
    created: str


@dataclass(frozen=True, slots=True)
class StartFolder:
    """The folder of one start below ``events/``: the event log of one session, and what belongs to it."""

    path: Path

    @property
    def outputs(self) -> Path:
        """Signals and order intents, canonical JSON, one a line."""
        return self.path / "outputs.jsonl"

    @property
    def closed(self) -> Path:
        """Marks an event log that was closed cleanly."""
        return self.path / "closed"

    @property
    def summary(self) -> Path:
        """The summary of this start."""
        return self.path / "summary.json"

    @property
    def has_segments(self) -> bool:
        """Whether it holds an event log."""
        return any(self.path.glob("segment-*"))


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one home."""

    path: Path

    # ------------------------------------------------------------------ what it is, and its books

    @property
    def label_file(self) -> Path:
        """What the home is for."""
        return self.path / "home.json"

    @property
    def journal(self) -> Path:
        """The SQLite journal."""
        return self.path / "journal.db"

    @property
    def lock(self) -> Path:
        """The file that one writer of the journal holds."""
        return self.path / "trader.lock"

    @property
    def summary(self) -> Path:
        """The newest summary."""
        return self.path / "summary.json"

    @property
    def events(self) -> Path:
        """Event logs, one folder a start."""
        return self.path / "events"

    def start(self, run_id: str) -> StartFolder:
        """Return the folder of one start."""
        return StartFolder(self.events / run_id)

    def starts(self) -> list[StartFolder]:
        """Return the folders of all starts, oldest first."""
        return [StartFolder(path) for path in sorted(self.events.glob("*")) if path.is_dir()]

    # ------------------------------------------------------------------ processes

    @property
    def supervisor_lock(self) -> Path:
        """The file that one ``alphatrader run`` holds."""
        return self.path / "supervisor.lock"

    @property
    def supervisor_announcement(self) -> Path:
        """Who supervises, and the process ids of its children."""
        return self.path / "supervisor.json"

    @property
    def trader_announcement(self) -> Path:
        """That a trader runs, and how far it has come."""
        return self.path / "trader.json"

    @property
    def gateway_announcement(self) -> Path:
        """Ports of the simulated gateway."""
        return self.exchange / "sim.json"

    @property
    def page_announcement(self) -> Path:
        """Address of the page, and the link that logs in."""
        return self.path / "dashboard.json"

    @property
    def control_socket(self) -> Path:
        """The trader's control socket. Raises ConfigError."""
        return private_socket(self.path, "control.sock")

    # ------------------------------------------------------------------ stores

    @property
    def exchange(self) -> Path:
        """State of the simulated exchange."""
        return self.path / "exchange"

    @property
    def redis(self) -> Path:
        """State of the private Redis."""
        return self.path / "redis"

    @property
    def redis_pid(self) -> Path:
        """Process id of the private Redis."""
        return self.redis / "redis.pid"

    @property
    def redis_url(self) -> str:
        """URL of the private Redis. Raises ConfigError."""
        return f"unix://{private_socket(self.redis, 'redis.sock')}"

    # ------------------------------------------------------------------ logs

    @property
    def logs(self) -> Path:
        """Log files of all processes."""
        return self.path / "logs"

    def printed(self, process: str) -> Path:
        """Return the file with what a child process printed."""
        return self.logs / f"{process}.out"

    # ------------------------------------------------------------------ label

    def label(self) -> HomeLabel:
        """Read ``home.json``. Raises DataError."""
        try:
            return msgspec.json.decode(self.label_file.read_bytes(), type=HomeLabel)
        except (OSError, msgspec.DecodeError) as error:
            raise DataError(
                f"{self.path} is not a home ({error}): name the folder of a run, for example var/sim/…"
            ) from None

    def write_label(self, label: HomeLabel) -> None:
        """Create the folders and write ``home.json``. Raises ConfigError."""
        try:
            for folder in (self.path, self.logs, self.events):
                folder.mkdir(parents=True, exist_ok=True)
            self.label_file.write_bytes(msgspec.json.encode(label) + b"\n")
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


def journaled_homes(state_dir: Path) -> list[Home]:
    """Return every home with a journal: the brokers' and the simulated ones."""
    homes = [Home(path) for path in (*sorted(state_dir.glob("*")), *sorted(state_dir.glob("sim/*")))]
    return [home for home in homes if home.journal.exists()]


def newest_home(state_dir: Path) -> Home | None:
    """Return the simulated home that traded last, if there is one; a start that failed before it is none."""
    return next((home for home in _simulated_homes(state_dir) if home.starts()), None)


def running_homes(state_dir: Path) -> list[Home]:
    """Return the simulated homes that somebody runs now, the newest first."""
    return [home for home in _simulated_homes(state_dir) if read_announcement(home.supervisor_announcement)]


def _simulated_homes(state_dir: Path) -> list[Home]:
    root = state_dir / "sim"
    homes = [Home(path) for path in sorted(root.iterdir(), reverse=True)] if root.is_dir() else []
    return [home for home in homes if home.label_file.is_file()]
