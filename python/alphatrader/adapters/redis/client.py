"""Connections to Redis: one bounded pool, short time-outs, and no retry behind anybody's back."""

from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from alphatrader.domain.errors import ConfigError

MAX_CONNECTIONS = 100
TIMEOUT_S = 1.0


def open_client(url: str, *, max_connections: int = MAX_CONNECTIONS, timeout_s: float = TIMEOUT_S) -> Redis:
    """Return a client (it connects at its first command). Close it with ``await client.aclose()``.

    Nothing is retried: a claim that was sent twice would refuse itself, and a projection has newer numbers by then.
    Raises ConfigError for a URL that is none; it is named without its password.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=max_connections,
            timeout=timeout_s,
            # Every caller bounds its own wait. A socket_timeout would make redis-py use asyncio.wait_for, which on
            # Python 3.11 can swallow a cancellation: the task would outlive its group.
            socket_timeout=None,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise ConfigError(
            f"{redacted(url)} is no Redis URL: write redis://host:6379/0, rediss:// for TLS, or unix:///path/to.sock."
        ) from error
    return Redis(connection_pool=pool)


def redacted(url: str) -> str:
    """Return a URL without its password."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return "the URL"
    return url.replace(f":{password}@", ":***@") if password else url
