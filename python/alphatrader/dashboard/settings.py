"""Settings of the dashboard process."""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from alphatrader.adapters.redis.sockets import choose_socket
from alphatrader.domain.errors import ConfigError

Port = Annotated[int, Field(ge=0, le=65_535)]


class DashboardSettings(BaseModel):
    """Where the page listens and what it reads. Unknown keys are refused.

    ``port`` 0 takes any free port. ``redis_url`` and ``control_socket`` default to those of the home.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    host: str = "127.0.0.1"
    port: Port = 8000
    redis_url: str | None = Field(None, repr=False)
    """``unix:///path/to.sock`` or ``redis[s]://[user:password@]host:port/db``; may hold a password."""
    control_socket: Path | None = None
    allow_remote: bool = False
    """Let ``host`` be an address that other machines reach. Needs ``public_url``."""
    public_url: str | None = None
    """The address in the browser, behind a TLS proxy for example ``https://desk.example.org``."""
    stale_after_ms: float = Field(2_000, ge=500, le=60_000)
    """A view older than this is shown as stale. The trader writes four a second."""
    session_hours: float = Field(12, gt=0, le=24)

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if not is_loopback(self.host) and not (self.allow_remote and self.public_url):
            raise ValueError(
                f"host {self.host} can be reached by other machines; set allow_remote and public_url if that is "
                "wanted, or use 127.0.0.1"
            )
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
                raise ValueError(f"public_url {self.public_url!r} must look like https://desk.example.org")
        if self.redis_url is not None and urlsplit(self.redis_url).scheme not in {"unix", "redis", "rediss"}:
            raise ValueError("redis_url must start with unix://, redis:// or rediss://")
        return self

    @property
    def effective_redis_url(self) -> str:
        """The given URL, or the private server of the home."""
        return self.redis_url or f"unix://{choose_socket(self.home.resolve() / 'redis')[0]}"

    @property
    def effective_control_socket(self) -> Path:
        """The given path, or the trader's socket in the home."""
        return self.control_socket or self.home / "control.sock"

    @property
    def announcement_path(self) -> Path:
        """The file that tells the home's owner where the page is and how to log in."""
        return self.home / "dashboard.json"

    def base_url(self, port: int) -> str:
        """Return the address to open, given the port that was really bound."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address. A name other than ``localhost`` counts as remote."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_settings(values: dict[str, Any]) -> DashboardSettings:
    """Check the values. Raises ConfigError in one line that names every wrong key."""
    try:
        return DashboardSettings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise ConfigError(f"dashboard settings are wrong ({faults}); nothing was started") from error
