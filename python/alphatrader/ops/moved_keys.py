"""Keys of earlier configurations: each gets one line that says where it is now, or why it is gone."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MovedKey:
    """A key or a whole section, as a dotted path. ``new`` is empty where it is gone; then ``note`` says why."""

    old: str
    new: str = ""
    note: str = ""

    def fault(self) -> str:
        """Return the line for the operator."""
        note = f" ({self.note})" if self.note else ""
        if self.new:
            return f"the key '{self.old}' has moved: write '{self.new}'{note}"
        return f"the key '{self.old}' is gone{note}: remove it"


MOVED_KEYS = (
    MovedKey("gateway.library", "gateway.link.library"),
    MovedKey("gateway.decoder", "gateway.link.decoder"),
    MovedKey("gateway.connect_timeout_s", "gateway.link.connect_timeout_s"),
    MovedKey("gateway.client_ids.dashboard", note="the dashboard does not connect to the gateway"),
    MovedKey("gateway.client_ids.kill_switch", note="no process used it"),
    MovedKey("simulator.gateway_port", "simulator.port"),
    MovedKey("redis.embedded", note="an empty redis.url starts a private server; ${NAME} as the url demands one"),
    MovedKey(
        "engine.zero_dte",
        "engine.strategies.zero_dte",
        "there 'enabled' is 'mode: on' or 'mode: off', and 'max_strikes_from_spot' is 'strikes_each_side'",
    ),
    MovedKey("engine.strategies.zero_dte.enabled", "engine.strategies.zero_dte.mode", "on or off"),
    MovedKey(
        "engine.strategies.zero_dte.max_strikes_from_spot",
        "engine.strategies.zero_dte.strikes_each_side",
    ),
)


def take_moved(content: object, moved: Iterable[MovedKey] = MOVED_KEYS) -> list[str]:
    """Remove what has moved from a tree of sections, so that no other check speaks of it; return a line for each."""
    return [key.fault() for key in moved if _remove(content, key.old.split("."))]


def _remove(content: object, path: list[str]) -> bool:
    for part in path[:-1]:
        content = content.get(part) if isinstance(content, dict) else None
    if not isinstance(content, dict) or path[-1] not in content:
        return False
    del content[path[-1]]
    return True
