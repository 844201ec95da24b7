"""Logins: one-time links, server-side sessions, tokens against forged requests.

A session's id is never taken from the browser: a login always makes a new one, so an id planted by another program on
this host gains nothing. Only hashes are kept, so a memory dump of the table holds no usable cookie.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

TOKEN_BYTES = 32


class Session:
    """One logged-in browser. ``ended`` is set when it may no longer see anything."""

    def __init__(self, digest: bytes, expires_at_s: float) -> None:
        self.digest = digest
        self.expires_at_s = expires_at_s
        self.csrf_token = secrets.token_urlsafe(TOKEN_BYTES)
        self.ended = asyncio.Event()

    def accepts_csrf(self, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(token.encode(), self.csrf_token.encode())


class Sessions:
    """All sessions of this process: at most ``limit``, the oldest goes first; none outlives ``max_age_s``."""

    def __init__(self, *, max_age_s: float, limit: int = 32, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._max_age_s = max_age_s
        self._limit = limit
        self._monotonic_s = monotonic_s
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        self._login_token = secrets.token_urlsafe(TOKEN_BYTES)

    @property
    def login_token(self) -> str:
        """The token of the next login link; another one after each use."""
        return self._login_token

    def redeem(self, token: str) -> tuple[Session, str] | None:
        """Exchange the login token for a session and its cookie value; None if the token is wrong or was used."""
        if not hmac.compare_digest(token.encode(), self._login_token.encode()):
            return None
        self._login_token = secrets.token_urlsafe(TOKEN_BYTES)
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(_digest(cookie), self._monotonic_s() + self._max_age_s)
        self._sessions[session.digest] = session
        while len(self._sessions) > self._limit:
            _, oldest = self._sessions.popitem(last=False)
            oldest.ended.set()
        return session, cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie value, None if there is none or it has run out."""
        session = self._sessions.get(_digest(cookie))
        if session is None:
            return None
        if self._monotonic_s() >= session.expires_at_s:
            self.end(session)
            return None
        return session

    def is_alive(self, session: Session) -> bool:
        """Tell whether an open stream of the session may go on."""
        return not session.ended.is_set() and self._monotonic_s() < session.expires_at_s

    def end(self, session: Session) -> None:
        """Log out: open streams of the session end too."""
        self._sessions.pop(session.digest, None)
        session.ended.set()


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
