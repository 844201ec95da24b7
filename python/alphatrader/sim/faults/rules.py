"""Rules in force: each strikes what passes by, for a time or a number of times, and then is gone."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

_R = TypeVar("_R")

FOREVER_S = float("inf")


class Entry(Generic[_R]):
    """One rule and how long it stays: until ``until_s``, or for ``left`` strikes (None = any number)."""

    __slots__ = ("left", "rule", "until_s")

    def __init__(self, rule: _R, until_s: float, left: int | None) -> None:
        self.rule = rule
        self.until_s = until_s
        self.left = left


class Rules(Generic[_R]):
    """Rules of one kind, oldest first. ``active`` is cheap to ask before every message."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._entries: list[Entry[_R]] = []
        self.active = False

    def add(self, rule: _R, *, for_s: float = 0.0, count: int = 0) -> None:
        """Put a rule in force for ``for_s`` seconds and ``count`` strikes at most; 0 = no such limit."""
        until_s = self._now_s() + for_s if for_s > 0 else FOREVER_S
        self._entries.append(Entry(rule, until_s, count or None))
        self.active = True

    def live(self) -> Iterator[Entry[_R]]:
        """Go through the rules whose time is not over."""
        now_s = self._now_s()
        if any(entry.until_s <= now_s for entry in self._entries):
            self._entries = [entry for entry in self._entries if entry.until_s > now_s]
            self.active = bool(self._entries)
        yield from list(self._entries)

    def struck(self, entry: Entry[_R]) -> None:
        """Count a strike; the last one ends the rule."""
        if entry.left is None:
            return
        entry.left -= 1
        if entry.left <= 0 and entry in self._entries:
            self._entries.remove(entry)
            self.active = bool(self._entries)

    def drop(self, chosen: Callable[[_R], bool]) -> None:
        """End the rules that are chosen."""
        self._entries = [entry for entry in self._entries if not chosen(entry.rule)]
        self.active = bool(self._entries)

    def clear(self) -> None:
        """End all rules."""
        self._entries.clear()
        self.active = False
