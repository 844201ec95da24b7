"""Where the run that the page shows keeps what the page reads. Found at the start, so no part of the settings."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from alphatrader.domain.errors import ConfigError
from alphatrader.home import Home

_SCHEMES = frozenset({"unix", "redis", "rediss"})


@dataclass(frozen=True, slots=True)
class RunPlaces:
    """The home of a run, with the places in it; either of the first two may be given instead. Raises ConfigError."""

    home: Path
    given_redis_url: str | None = field(default=None, repr=False)
    """``unix:///path/to.sock`` or ``redis[s]://[user:password@]host:port/db``; may hold a password."""
    given_control_socket: Path | None = None

    def __post_init__(self) -> None:
        if not self.home.is_dir():
            raise ConfigError(f"the home {self.home} is not a directory: start the run first, or name its home")
        if self.given_redis_url is not None and urlsplit(self.given_redis_url).scheme not in _SCHEMES:
            raise ConfigError("the Redis URL must start with unix://, redis:// or rediss://: correct --redis-url")

    @property
    def redis_url(self) -> str:
        """The given URL, or the private server of the home."""
        return self.given_redis_url or Home(self.home).redis_url

    @property
    def control_socket(self) -> Path:
        """The given path, or the trader's socket in the home."""
        return self.given_control_socket or Home(self.home).control_socket

    @property
    def journal(self) -> Path:
        """The run's journal; the page only reads it."""
        return Home(self.home).journal

    @property
    def announcement(self) -> Path:
        """The file that tells the home's owner where the page is and how to log in."""
        return Home(self.home).page_announcement
