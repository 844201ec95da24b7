import io
import json
import logging
import queue
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.ops import logs
from alphatrader.ops.logs import LoggingSettings, start_logging
from alphatrader.ops.redaction import Redactor

SECRET = "Zk39vQ7pXw"  # not a real one


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(directory: Path, process: str = "trader") -> list[dict[str, object]]:
    return [json.loads(line) for line in (directory / f"{process}.jsonl").read_text().splitlines()]


def test_a_line_is_json_in_the_file_and_text_on_the_console(tmp_path: Path) -> None:
    console = io.StringIO()
    with start_logging(LoggingSettings(), process="trader", directory=tmp_path, console=console):
        structlog.contextvars.bind_contextvars(run_id="r1")
        structlog.get_logger("alphatrader.test").info("filled", price=1.25, count=3)
    (line,) = written(tmp_path)
    assert line["event"] == "filled"
    assert (line["price"], line["count"], line["run_id"]) == (1.25, 3, "r1")
    assert (line["level"], line["logger"]) == ("info", "alphatrader.test")
    assert str(line["timestamp"]).endswith("Z")
    assert "filled" in console.getvalue()
    assert "price=1.25" in console.getvalue()


def test_records_of_libraries_take_the_same_way(tmp_path: Path) -> None:
    with start_logging(LoggingSettings(), process="trader", directory=tmp_path, quiet_console=True):
        logging.getLogger("a_library.client").warning("Peer closed connection %s", "now")
        logging.getLogger("a_library.client").info("below their level")
        logging.getLogger("alphatrader.x").info("ours")
        warnings.warn("old interface", DeprecationWarning, stacklevel=1)
    events = [str(line["event"]) for line in written(tmp_path)]
    assert events[:2] == ["Peer closed connection now", "ours"]
    assert "old interface" in events[2]


def test_levels_come_from_the_settings(tmp_path: Path) -> None:
    settings = LoggingSettings(level="ERROR", libraries_level="DEBUG")
    with start_logging(settings, process="trader", directory=tmp_path, quiet_console=True):
        structlog.get_logger("alphatrader.x").warning("too low")
        logging.getLogger("aiohttp").debug("detail")
    assert [line["event"] for line in written(tmp_path)] == ["detail"]


def test_no_secret_reaches_file_or_console(tmp_path: Path) -> None:
    console = io.StringIO()
    with start_logging(LoggingSettings(), process="trader", directory=tmp_path, secrets=[SECRET], console=console):
        log = structlog.get_logger("alphatrader.test")
        log.info(f"asked https://example.test/query?function=RSI&apikey={SECRET}", api_key=SECRET)
        log.info("nested", request={"headers": {"Authorization": f"Bearer {SECRET}"}, "args": [SECRET, 1]})
        log.info("key by name only", password="other-one", api_key="different1")
        log.info("redis://user:swordfish@localhost:6379/0")
        log.info("We have detected your API key as ABCD1234EFGH5678 and our rate limit")
        logging.getLogger("aiohttp").warning("GET /query?symbol=SPY&apikey=%s failed", "unregistered1")
        try:
            raise ValueError(f"bad reply to apikey={SECRET}")
        except ValueError:
            log.exception("failed")
    text = (tmp_path / "trader.jsonl").read_text() + console.getvalue()
    for leaked in (SECRET, "other-one", "different1", "swordfish", "ABCD1234EFGH5678", "unregistered1"):
        assert leaked not in text
    assert text.count("ValueError: bad reply") == 2  # the traceback itself is kept, in both


def test_redaction_keeps_what_is_not_secret() -> None:
    redactor = Redactor([SECRET, "abc"])
    assert (
        redactor.text("GET /query?symbol=SPY&apikey=x1&interval=1min")
        == "GET /query?symbol=SPY&apikey=***&interval=1min"
    )
    assert redactor.text("abc is too short to be replaced") == "abc is too short to be replaced"
    assert redactor.value({"key_count": 2, "token": "", "n": None}) == {"key_count": 2, "token": "", "n": None}
    assert redactor.value((1, b"apikey=zz", {"a": {"b": SECRET}})) == [1, "apikey=***", {"a": {"b": "***"}}]


def test_a_secret_that_contains_another_leaves_no_rest() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("x abcdefgh y") == "x *** y"


def test_files_rotate_and_their_number_is_bounded(tmp_path: Path) -> None:
    settings = LoggingSettings(rotate_at_mb=0.002, keep_files=2)
    with start_logging(settings, process="trader", directory=tmp_path, quiet_console=True):
        for i in range(200):
            structlog.get_logger("alphatrader.x").info("line", i=i)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["trader.jsonl", "trader.jsonl.1", "trader.jsonl.2"]
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())


def test_the_directory_of_the_settings_wins(tmp_path: Path) -> None:
    settings = LoggingSettings(directory=tmp_path / "a")
    with start_logging(settings, process="sim", directory=tmp_path / "b", quiet_console=True):
        structlog.get_logger("alphatrader.x").info("line")
    assert written(tmp_path / "a", "sim")
    assert not (tmp_path / "b").exists()


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"log directory .* cannot be written"):
        start_logging(LoggingSettings(), process="trader", directory=tmp_path / "file" / "logs")


def test_a_full_queue_drops_lines_and_says_how_many() -> None:
    lines: queue.Queue[logging.LogRecord] = queue.Queue(3)
    handler = logs._BoundedQueueHandler(lines)
    record = logging.LogRecord("alphatrader.x", logging.INFO, "", 0, "line", None, None)
    for _ in range(10):
        handler.handle(record)
    assert handler.dropped_total == 7
    assert lines.qsize() == 3
    while not lines.empty():
        lines.get()
    handler.handle(record)
    assert [lines.get().getMessage() for _ in range(2)] == [
        "7 log lines were dropped: they came faster than they could be written",
        "line",
    ]


def test_a_disk_that_fails_is_reported_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with start_logging(LoggingSettings(), process="trader", directory=tmp_path, quiet_console=True) as session:
        monkeypatch.setattr(logs._PatientRotatingFileHandler, "shouldRollover", full)
        for _ in range(5):
            structlog.get_logger("alphatrader.x").info("line")
        session.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    session = start_logging(LoggingSettings(), process="trader", directory=tmp_path, quiet_console=True)
    session.close()
    session.close()
