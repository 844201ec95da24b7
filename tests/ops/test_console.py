"""The terminal's lines, and that a terminal which goes away or knows few characters costs nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from alphatrader.domain.view import NoticeView
from alphatrader.ops.console import Terminal

NOON_NS = 1_763_659_205_000_000_000  # 2025-11-20 12:20:05 New York


def test_a_line_is_time_mark_topic_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.banner(" AlphaTrader Pro ")
    terminal.fact("config", "ok")
    terminal.fact("left open", "nothing", "good")
    terminal.notice(NoticeView(NOON_NS, "warning", "feed", "SPY quotes silent", "feed.stale"))
    terminal.timed(NOON_NS, "quiet", "all is well")
    assert capsys.readouterr().out.splitlines() == [
        " AlphaTrader Pro ",
        "         · config    ok",
        "         ✓ left open nothing",
        "12:20:05 ! feed      SPY quotes silent",
        "12:20:05 · quiet     all is well",
    ]


def test_a_long_line_is_one_line_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().fact("why", "[red]" + "x" * 500)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("[red]" + "x" * 500)


def test_lines_go_to_the_log_too() -> None:
    with structlog.testing.capture_logs() as logged:
        terminal = Terminal(logged=True)
        terminal.fact("journal", "could not be written", "error")
        terminal.fact("config", "ok")
        Terminal().fact("config", "of a command without a log")
    assert [(line["log_level"], line["topic"], line["text"]) for line in logged] == [
        ("error", "journal", "could not be written"),
        ("info", "config", "ok"),
    ]


def test_the_time_of_the_last_line_is_known() -> None:
    terminal = Terminal()
    before_s = terminal.last_line_s
    terminal.fact("a", "b")
    assert terminal.last_line_s > before_s


def python(code: str, **options: object) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONIOENCODING": str(options.pop("encoding", "utf-8"))}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, **options)  # type: ignore[call-overload, no-any-return]


def test_a_latin_1_terminal_shows_question_marks() -> None:
    code = "from alphatrader.ops.console import Terminal; Terminal().fact('fill', 'BUY 7 ✓', 'good')"
    process = python(code, stdout=subprocess.PIPE, encoding="latin-1")
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.decode("latin-1").rstrip() == "         ? fill      BUY 7 ?"


@pytest.mark.parametrize("both", [True, False])
def test_a_broken_pipe_ends_the_lines_and_not_the_process(tmp_path: Path, both: bool) -> None:
    proof = tmp_path / "proof"
    code = (
        "import sys, time, pathlib\n"
        "from alphatrader.ops.console import Terminal\n"
        "terminal = Terminal()\n"
        "terminal.fact('a', 'first')\n"
        "sys.stdin.readline()\n"
        "for _ in range(3):\n"
        "    terminal.fact('a', 'unread ' * 1000)\n"
        "print('unread too')\n"
        "print('and an error', file=sys.stderr)\n"
        f"pathlib.Path({str(proof)!r}).write_text('went on')\n"
    )
    reader, writer = os.pipe()
    errors = writer if both else subprocess.PIPE
    process = python(code, stdin=subprocess.PIPE, stdout=writer, stderr=errors)
    os.close(writer)
    assert b"first" in os.read(reader, 1000)
    os.close(reader)
    _, told = process.communicate(b"\n", timeout=30)
    assert process.returncode == 0
    assert proof.read_text() == "went on"
    if not both:
        assert re.fullmatch(rb"and an error\n", told), "another stream goes on"
