"""Where a private socket lies, and when a place is refused."""

import os
from pathlib import Path

import pytest

from alphatrader.control.sockets import PATH_MAX_BYTES, private_socket
from alphatrader.domain.errors import ConfigError


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short folder for sockets, whatever the test is called."""
    folder = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


def test_it_lies_in_its_directory_where_the_path_is_short_enough(runtime: Path) -> None:
    assert private_socket(runtime, "control.sock") == runtime.resolve() / "control.sock"
    assert not list(runtime.iterdir())


def test_a_long_path_gets_a_short_one_that_everybody_finds(runtime: Path, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a_rather_long_name"] * 6)
    found = private_socket(deep, "control.sock")
    assert len(os.fsencode(found)) <= PATH_MAX_BYTES
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert private_socket(deep, "control.sock") == found
    assert private_socket(deep, "redis.sock") != found
    assert private_socket(deep / "other", "control.sock") != found


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_refused(runtime: Path, mode: int) -> None:
    folder = runtime / f"alphatrader-{os.getuid()}"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(ConfigError, match="open to other users"):
        private_socket(Path("/" + "x" * 120), "control.sock")


def test_a_link_in_place_of_the_folder_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (runtime / f"alphatrader-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="open to other users"):
        private_socket(Path("/" + "x" * 120), "control.sock")


def test_no_place_is_short_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("y" * 90)))
    with pytest.raises(ConfigError, match="set TMPDIR"):
        private_socket(Path("/" + "x" * 120), "control.sock")
