from pathlib import Path

import pytest

from alphatrader.dashboard.arguments import read_arguments, to_arguments
from alphatrader.dashboard.places import RunPlaces
from alphatrader.dashboard.settings import DashboardSettings, is_loopback
from alphatrader.domain.errors import ConfigError

REMOTE = DashboardSettings(
    host="0.0.0.0",
    port=0,
    allow_remote=True,
    public_url="https://desk.example.org/",
    stale_after_ms=750,
    session_hours=0.5,
)


def test_defaults_listen_on_loopback_and_use_the_home(tmp_path: Path) -> None:
    settings, places = read_arguments(["--home", str(tmp_path)], {})
    assert settings == DashboardSettings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert places.redis_url == f"unix://{tmp_path}/redis/redis.sock"
    assert places.control_socket == tmp_path / "control.sock"


@pytest.mark.parametrize("settings", [DashboardSettings(), REMOTE, DashboardSettings(host="::1", port=81)])
def test_a_command_line_says_what_the_settings_say(tmp_path: Path, settings: DashboardSettings) -> None:
    assert read_arguments(["--home", str(tmp_path), *to_arguments(settings)], {})[0] == settings


def test_every_setting_but_whether_to_start_has_an_option() -> None:
    assert set(DashboardSettings.model_fields) - {"enabled"} == {
        argument.removeprefix("--").replace("-", "_") for argument in to_arguments(REMOTE) if argument.startswith("--")
    }


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "70000"], "port"),
        (["--port", "many"], "port"),
        (["--host", "0.0.0.0"], "allow_remote"),
        (["--host", "0.0.0.0", "--allow-remote"], "public_url"),
        (["--public-url", "desk.example.org"], "https://desk.example.org"),
        (["--redis-url", "localhost:6379"], "redis://"),
    ],
)
def test_wrong_options_are_named_in_one_line(tmp_path: Path, arguments: list[str], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_arguments(["--home", str(tmp_path), *arguments], {})
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_home_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a directory"):
        RunPlaces(tmp_path / "none")


def test_a_remote_host_is_allowed_when_asked_for() -> None:
    assert REMOTE.base_url(8000) == "https://desk.example.org"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.4", False), ("box", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_redis_url_may_come_by_the_environment_and_its_password_is_not_shown(tmp_path: Path) -> None:
    url = "redis://:secret@host:6379/0"
    _, places = read_arguments(["--home", str(tmp_path)], {"ALPHATRADER_REDIS_URL": url})
    assert places.redis_url == url
    assert "secret" not in repr(places)
    named = ["--home", str(tmp_path), "--redis-url", "redis://other"]
    assert read_arguments(named, {"ALPHATRADER_REDIS_URL": url})[1].redis_url == "redis://other"
