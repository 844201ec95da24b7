"""The terminal: one line a fact, in the time of the market."""

import datetime as dt
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from alphatrader.domain.view import NoticeView

_NEW_YORK = ZoneInfo("America/New_York")
_STYLES = {"info": "cyan", "good": "green", "warning": "yellow", "error": "bold red"}
_MARKS = {"info": "·", "good": "✓", "warning": "!", "error": "✗"}
_TOPIC_WIDTH = 10


class Terminal:
    """Prints facts and notices; never wraps a line in a file or pipe."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def banner(self, text: str) -> None:
        """Print the headline of a run."""
        self._console.print(Text(text, style="bold reverse"))

    def fact(self, topic: str, text: str, level: str = "info") -> None:
        """Print a line without a market time."""
        self._line(" " * 8, topic, text, level)

    def notice(self, notice: NoticeView) -> None:
        """Print a notice with the market's New York time."""
        moment = dt.datetime.fromtimestamp(notice.ts_ns / 1e9, _NEW_YORK)
        self._line(moment.strftime("%H:%M:%S"), notice.topic, notice.text, notice.level)

    def _line(self, moment: str, topic: str, text: str, level: str) -> None:
        line = Text(f"{moment} ", style="dim")
        line.append(f"{_MARKS[level]} {topic:<{_TOPIC_WIDTH}}", style=_STYLES[level])
        line.append(text, style=_STYLES[level] if level in {"warning", "error"} else "")
        self._console.print(line)
