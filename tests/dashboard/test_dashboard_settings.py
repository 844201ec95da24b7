from pathlib import Path

import pytest

from alphatrader.dashboard.settings import is_loopback, parse_settings
from alphatrader.domain.errors import ConfigError


def test_defaults_listen_on_loopback_and_use_the_home() -> None:
    settings = parse_settings({"home": "/srv/run"})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.effective_redis_url == "unix:///srv/run/redis/redis.sock"
    assert settings.effective_control_socket == Path("/srv/run/control.sock")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"home": ".", "prot": 8000}, "prot"),
        ({}, "home"),
        ({"home": ".", "port": 70_000}, "port"),
        ({"home": ".", "host": "0.0.0.0"}, "allow_remote"),
        ({"home": ".", "host": "0.0.0.0", "allow_remote": True}, "public_url"),
        ({"home": ".", "public_url": "desk.example.org"}, "https://desk.example.org"),
        ({"home": ".", "redis_url": "localhost:6379"}, "redis://"),
    ],
)
def test_wrong_settings_are_named_in_one_line(values: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(values)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_remote_host_is_allowed_when_asked_for() -> None:
    settings = parse_settings(
        {"home": ".", "host": "0.0.0.0", "allow_remote": True, "public_url": "https://desk.example.org/"}
    )
    assert settings.base_url(8000) == "https://desk.example.org"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.4", False), ("box", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_password_in_the_redis_url_is_not_shown() -> None:
    assert "secret" not in repr(parse_settings({"home": ".", "redis_url": "redis://:secret@host:6379/0"}))
