"""A process is known by its id and its start, an announcement by the process behind it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alphatrader.control import processes
from alphatrader.control.announcements import read_announcement, remove_announcement, write_announcement
from alphatrader.control.processes import send_signal, started_at_s

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper():
    process = subprocess.Popen(SLEEPER)
    yield process
    process.kill()
    process.wait()


def test_the_start_of_a_process_is_known(sleeper: subprocess.Popen[bytes]) -> None:
    started_s = started_at_s(sleeper.pid)
    assert started_s is not None
    assert abs(started_s - time.time()) < 5
    assert started_at_s(os.getpid()) <= started_s + 0.1  # type: ignore[operator]


def test_ps_says_the_same(sleeper: subprocess.Popen[bytes]) -> None:
    by_ps = processes._started_by_ps(sleeper.pid)
    if by_ps is None:
        pytest.skip("ps is not installed here")
    assert abs(by_ps - (started_at_s(sleeper.pid) or 0)) < 3


def test_an_ended_process_and_a_zombie_have_no_start(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    deadline = time.monotonic() + 5
    while started_at_s(sleeper.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)  # not waited for: a zombie by now
    assert started_at_s(sleeper.pid) is None
    sleeper.wait()
    assert started_at_s(sleeper.pid) is None


def test_only_the_process_that_was_meant_is_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    started_s = started_at_s(sleeper.pid)
    assert started_s is not None
    assert not send_signal(sleeper.pid, started_s - 3600, signal.SIGKILL), "another process by now"
    assert sleeper.poll() is None
    assert send_signal(sleeper.pid, started_s, signal.SIGKILL)
    assert sleeper.wait(5) == -signal.SIGKILL
    assert not send_signal(sleeper.pid, started_s, signal.SIGKILL)


def test_an_announcement_counts_while_its_process_lives(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "a.json"
    write_announcement(path, {"pid": sleeper.pid, "port": 7})
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_announcement(path) == {"pid": sleeper.pid, "port": 7}
    sleeper.kill()
    sleeper.wait()
    assert read_announcement(path) is None


def test_an_id_that_was_given_again_announces_nobody(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "a.json"
    write_announcement(path, {"pid": sleeper.pid})
    before_its_start_s = time.time() - 3600
    os.utime(path, (before_its_start_s, before_its_start_s))
    assert read_announcement(path) is None, "the file is older than the process"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"port": 1}', '{"pid": "x"}'])
def test_rubbish_announces_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert read_announcement(tmp_path / "a.json") is None


def test_no_file_announces_nobody_and_a_successors_stays(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "a.json"
    assert read_announcement(path) is None
    remove_announcement(path)
    write_announcement(path, {"pid": sleeper.pid})
    remove_announcement(path)
    assert json.loads(path.read_text())["pid"] == sleeper.pid
    write_announcement(path, {})
    remove_announcement(path)
    assert not path.exists()
    assert not list(tmp_path.iterdir())
