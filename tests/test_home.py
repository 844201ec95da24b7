"""A home names every file in it, once."""

import os
from pathlib import Path

import pytest

from alphatrader.domain.errors import ConfigError, DataError
from alphatrader.home import Home, HomeLabel, broker_home, journaled_homes, newest_home, simulated_home

LABEL = HomeLabel("paper", True, 7, 10.0, "", "2026-11-20T12:00:00+00:00")


def test_a_label_is_written_and_read_with_its_folders(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")
    home.write_label(LABEL)
    assert home.label() == LABEL
    assert home.logs.is_dir()
    assert home.events.is_dir()


@pytest.mark.parametrize("content", [None, "", "{", '{"mode": 1}'])
def test_what_is_no_home_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "home.json").write_text(content)
    with pytest.raises(DataError, match="is not a home"):
        Home(tmp_path).label()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        Home(tmp_path / "file" / "home").write_label(LABEL)


def test_no_two_files_share_a_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    start = home.start("r1")
    paths = [
        home.label_file, home.journal, home.lock, home.summary, home.events, home.supervisor_lock,
        home.supervisor_announcement, home.trader_announcement, home.gateway_announcement, home.page_announcement,
        home.control_socket, home.exchange, home.redis, home.redis_pid, home.logs, home.printed("gateway"),
        home.printed("dashboard"), start.path, start.outputs, start.closed, start.summary,
    ]  # fmt: skip
    assert len(set(paths)) == len(paths)
    assert all(path.is_relative_to(tmp_path.resolve()) for path in paths)
    assert home.redis_url == f"unix://{tmp_path.resolve()}/redis/redis.sock"


def test_a_deep_home_has_its_sockets_elsewhere_and_each_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path.joinpath(*["a_rather_long_name"] * 6))
    sockets = {str(home.control_socket), home.redis_url.removeprefix("unix://")}
    assert len(sockets) == 2
    assert all(len(os.fsencode(path)) <= 103 for path in sockets)


def test_starts_come_oldest_first_and_know_whether_they_hold_a_log(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.starts() == []
    for run_id in ("b", "a"):
        home.start(run_id).path.mkdir(parents=True)
    (home.events / "a file").write_text("")
    assert [start.path.name for start in home.starts()] == ["a", "b"]
    assert not home.start("a").has_segments
    (home.start("a").path / "segment-000001.arrows").write_text("")
    assert home.start("a").has_segments


def test_the_newest_home_is_the_newest_that_traded(tmp_path: Path) -> None:
    assert newest_home(tmp_path) is None
    first, second = (Home(tmp_path / "sim" / name) for name in ("20261120-100000", "20261120-110000"))
    for home in (first, second):
        home.write_label(LABEL)
    first.start("r1").path.mkdir()
    assert newest_home(tmp_path) == first, "a start that failed before it traded is none"
    second.start("r1").path.mkdir()
    assert newest_home(tmp_path) == second
    assert simulated_home(tmp_path, resume=True) == second
    with pytest.raises(ConfigError, match="no run to resume"):
        simulated_home(tmp_path / "other", resume=True)
    assert broker_home(tmp_path, "live").path == tmp_path / "live"


def test_homes_with_a_journal_are_found_wherever_they_lie(tmp_path: Path) -> None:
    homes = [Home(tmp_path / "paper"), Home(tmp_path / "sim" / "a"), Home(tmp_path / "sim" / "b")]
    for home in homes:
        home.write_label(LABEL)
    for home in homes[:2]:
        home.journal.touch()
    assert journaled_homes(tmp_path) == homes[:2]
    assert journaled_homes(tmp_path / "none") == []


def test_two_runs_of_one_second_have_homes_of_their_own(tmp_path: Path) -> None:
    first = simulated_home(tmp_path, resume=False)
    first.path.mkdir(parents=True)
    second = simulated_home(tmp_path, resume=False)
    assert first.path != second.path
