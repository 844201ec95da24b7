"""Settings of the page: the configuration's section ``dashboard``."""

import ipaddress
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from alphatrader.settings import Settings

Port = Annotated[int, Field(ge=0, le=65_535)]


class DashboardSettings(Settings):
    """Where the page listens, who may reach it, and how long things stay fresh."""

    enabled: bool = True
    """Whether ``alphatrader run`` starts it."""
    host: str = Field("127.0.0.1", min_length=1)
    port: Port = 8_000
    """0 takes any free port."""
    allow_remote: bool = False
    """Let ``host`` be an address that other machines reach. Needs ``public_url``."""
    public_url: str | None = None
    """The address in the browser, behind a TLS proxy for example ``https://desk.example.org``."""
    stale_after_ms: float = Field(2_000, ge=500, le=60_000)
    """A view older than this is shown as stale. The trader writes four a second."""
    session_hours: float = Field(12, gt=0, le=24)
    """After so long a browser must log in again."""

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if not is_loopback(self.host) and not (self.allow_remote and self.public_url):
            raise ValueError(
                f"host {self.host} can be reached by other machines: set allow_remote and public_url if that is "
                "wanted, or use 127.0.0.1"
            )
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
                raise ValueError(f"public_url {self.public_url!r} must look like https://desk.example.org")
        return self

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
