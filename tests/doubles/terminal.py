"""A terminal that remembers."""

import time


class RecordingTerminal:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []
        self.last_line_s = time.monotonic()

    def banner(self, text: str) -> None:
        self.lines.append(("", "banner", text))

    def fact(self, topic: str, text: str, level: str = "info") -> None:
        self.lines.append((topic, level, text))
        self.last_line_s = time.monotonic()

    def timed(self, ts_ns: int, topic: str, text: str, level: str = "info") -> None:
        self.fact(topic, text, level)

    def notice(self, notice) -> None:
        self.fact(notice.topic, notice.text, notice.level)

    def lose(self, why: str) -> None:
        self.lines.append(("", "lost", why))

    def text(self) -> str:
        return "\n".join(f"{level} {topic}: {text}" for topic, level, text in self.lines)
