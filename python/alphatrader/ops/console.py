"""The terminal: one line a fact, in the time of the market.

A terminal that goes away (closed window, broken pipe) costs nothing but its lines: they go on into the log. One that
cannot show a character shows a question mark.
"""

import contextlib
import datetime as dt
import os
import sys
import time
from zoneinfo import ZoneInfo

import structlog
from rich.console import Console
from rich.text import Text

from alphatrader.domain.view import NoticeView

_NEW_YORK = ZoneInfo("America/New_York")
_STYLES = {"info": "cyan", "good": "green", "warning": "yellow", "error": "bold red"}
_MARKS = {"info": "·", "good": "✓", "warning": "!", "error": "✗"}
_LOG_LEVELS = {"info": "info", "good": "info", "warning": "warning", "error": "error"}
_TOPIC_WIDTH = 10


class _PatientConsole(Console):
    """A console that leaves it to us what a broken pipe means; the library's own ends the process."""

    def on_broken_pipe(self) -> None:
        """Let the error out."""
        raise BrokenPipeError("nobody reads the pipe any more")


class Terminal:
    """Prints facts and notices; never wraps a line in a file or pipe. ``logged``: each line goes to the log too."""

    def __init__(self, *, logged: bool = False) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        self._console = _PatientConsole(highlight=False, soft_wrap=True)
        self._log = structlog.get_logger("alphatrader.terminal") if logged else None
        self._lost = False
        self.last_line_s = time.monotonic()
        """When the last line was printed, by the machine's monotonic clock."""

    def banner(self, text: str) -> None:
        """Print the headline of a run."""
        self._print(Text(text, style="bold reverse"))

    def fact(self, topic: str, text: str, level: str = "info") -> None:
        """Print a line without a market time."""
        self._line(" " * 8, topic, text, level)

    def notice(self, notice: NoticeView) -> None:
        """Print a notice with the market's New York time."""
        self.timed(notice.ts_ns, notice.topic, notice.text, notice.level)

    def timed(self, ts_ns: int, topic: str, text: str, level: str = "info") -> None:
        """Print a line with the market's New York time."""
        moment = dt.datetime.fromtimestamp(ts_ns / 1e9, _NEW_YORK)
        self._line(moment.strftime("%H:%M:%S"), topic, text, level)

    def lose(self, why: str) -> None:
        """Print nothing from now on: the terminal has gone. The log goes on."""
        if self._lost:
            return
        self._lost = True
        _point_output_nowhere()
        if self._log is not None:
            self._log.warning("terminal_lost", reason=why)

    def _line(self, moment: str, topic: str, text: str, level: str) -> None:
        self.last_line_s = time.monotonic()
        if self._log is not None:
            getattr(self._log, _LOG_LEVELS[level])("told", topic=topic, text=text)
        line = Text(f"{moment} ", style="dim")
        line.append(f"{_MARKS[level]} {topic:<{_TOPIC_WIDTH}}", style=_STYLES[level])
        line.append(text, style=_STYLES[level] if level in {"warning", "error"} else "")
        self._print(line)

    def _print(self, line: Text) -> None:
        if self._lost:
            return
        try:
            self._console.print(line)
        except (OSError, ValueError) as error:
            # A closed pipe, a hung-up terminal, a full disk behind a redirection: never a reason to stop trading.
            self.lose(str(error) or type(error).__name__)


def _point_output_nowhere() -> None:
    """Let whatever this process still writes to its lost terminal vanish, also what waits in buffers.

    Otherwise the interpreter would fail at its end over what it could not flush.
    """
    with contextlib.suppress(OSError, ValueError):
        lost = os.fstat(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(descriptor), lost):
                    os.dup2(nowhere, descriptor)
        os.close(nowhere)
