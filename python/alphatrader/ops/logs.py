"""Logging: structlog and the standard library's records through one bounded queue to a console and JSON files.

The caller only puts a record into the queue, so a slow disk or terminal never delays the event loop. When the queue is
full a line is dropped and counted; the count is logged as soon as there is room. Secrets are replaced before anything
is written, also in exceptions and in what libraries log.
"""

import copy
import datetime as dt
import logging
import logging.handlers
import queue
import sys
import time
from collections.abc import Callable, Iterable, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TextIO

import structlog
from pydantic import Field

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.redaction import Redactor
from alphatrader.settings import Settings

QUEUE_LINES = 10_000
_COMPLAIN_EVERY_S = 60.0

Event = MutableMapping[str, Any]
Processor = Callable[[Any, str, Event], Event]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class LoggingSettings(Settings):
    """What is logged and where: the configuration's section ``logging``."""

    level: Level = "INFO"
    """Of our own code."""
    libraries_level: Level = "WARNING"
    directory: Path | None = None
    """None = ``logs`` below the run's home."""
    rotate_at_mb: float = Field(20, gt=0)
    keep_files: int = Field(10, ge=1)
    """Closed files kept for each process."""


class LogSession:
    """Logging of one process from start to :meth:`close`; also a context manager."""

    def __init__(self, listener: logging.handlers.QueueListener, handler: "_BoundedQueueHandler") -> None:
        self._listener = listener
        self._handler = handler
        self._open = True

    @property
    def dropped_lines(self) -> int:
        """Lines dropped since the start because the queue was full."""
        return self._handler.dropped_total

    def close(self) -> None:
        """Write what is queued and close the files. Safe to call again."""
        if self._open:
            self._open = False
            logging.getLogger().removeHandler(self._handler)
            self._listener.stop()
            for handler in self._listener.handlers:
                try:
                    handler.close()
                except OSError as error:
                    # Mostly a full disk: the last lines are lost, what ended the run must still be told.
                    print(f"the log could not be written to its end: {error}", file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def start_logging(
    settings: LoggingSettings,
    *,
    process: str,
    directory: Path | None = None,
    secrets: Iterable[str] = (),
    console: TextIO | None = None,
    quiet_console: bool = False,
) -> LogSession:
    """Send all logging of this process to the console and to ``<directory>/<process>.jsonl``.

    ``settings.directory`` wins over ``directory``; with neither there is no file. ``quiet_console`` leaves the console
    to a live screen. Raises ConfigError if the directory cannot be written.
    """
    redactor = Redactor(secrets)
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _time_of_record,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _redact_with(redactor),
    ]
    targets: list[logging.Handler] = []
    if not quiet_console:
        targets.append(_console_handler(console or sys.stderr, shared))
    where = settings.directory or directory
    if where is not None:
        targets.append(_file_handler(where, process, settings, shared))
    handler = _BoundedQueueHandler(queue.Queue(QUEUE_LINES))
    listener = logging.handlers.QueueListener(handler.queue, *targets, respect_handler_level=True)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.libraries_level)
    logging.getLogger("alphatrader").setLevel(settings.level)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    listener.start()
    return LogSession(listener, handler)


class _BoundedQueueHandler(logging.handlers.QueueHandler):
    """Queues records and never waits: a full queue drops the line and counts it."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord]") -> None:
        super().__init__(lines)
        self.dropped_total = 0
        self._unreported = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # The base class renders the text; here it must stay a dictionary for the JSON file. What may change until the
        # listener comes to it is fixed now: arguments, the exception's traceback, the caller's context variables.
        fixed = copy.copy(record)
        if isinstance(record.msg, dict):
            event = structlog.contextvars.merge_contextvars(None, "", dict(record.msg))
            if event.get("exc_info") is True:
                event["exc_info"] = sys.exc_info()
            fixed.msg = event
        else:
            fixed.msg = record.getMessage()
            fixed.args = None
        return fixed

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self._unreported:
                self.queue.put_nowait(_dropped_notice(self._unreported))
                self._unreported = 0
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped_total += 1
            self._unreported += 1


def _dropped_notice(count: int) -> logging.LogRecord:
    text = f"{count} log lines were dropped: they came faster than they could be written"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)


class _PatientRotatingFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file that survives a full or vanished disk: it says so once a minute and goes on."""

    _complained_at = -_COMPLAIN_EVERY_S

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        now = time.monotonic()
        if now - self._complained_at >= _COMPLAIN_EVERY_S:
            self._complained_at = now
            error = sys.exc_info()[1]
            sys.stderr.write(f"warning: the log file {self.baseFilename} cannot be written ({error}): free the disk\n")


def _console_handler(stream: TextIO, shared: list[Processor]) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    colors = stream.isatty()
    renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=None,
            processors=[*shared, _local_clock, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return handler


def _file_handler(directory: Path, process: str, settings: LoggingSettings, shared: list[Processor]) -> logging.Handler:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handler = _PatientRotatingFileHandler(
            directory / f"{process}.jsonl",
            maxBytes=int(settings.rotate_at_mb * 1_000_000),
            backupCount=settings.keep_files,
            encoding="utf-8",
        )
    except OSError as error:
        raise ConfigError(
            f"the log directory {directory} cannot be written ({error.strerror}): set logging.directory to one that can"
        ) from None
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                *shared,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ]
        )
    )
    return handler


def _time_of_record(_logger: object, _name: str, event: Event) -> Event:
    """Stamp the time at which the line was logged, not that at which the listener came to it."""
    created = dt.datetime.fromtimestamp(event["_record"].created, dt.UTC)
    event["timestamp"] = created.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return event


def _redact_with(redactor: Redactor) -> Processor:
    def redact(_logger: object, _name: str, event: Event) -> Event:
        # Keys with an underscore are structlog's own and removed before anything is written.
        clean = redactor.value({key: value for key, value in event.items() if not key.startswith("_")})
        event.update(clean if isinstance(clean, dict) else {})
        return event

    return redact


def _local_clock(_logger: object, _name: str, event: Event) -> Event:
    """Shorten the time for the console: the file keeps the whole instant."""
    stamp = str(event.get("timestamp", ""))
    event["timestamp"] = stamp[11:23] if len(stamp) >= 23 else stamp
    return event
