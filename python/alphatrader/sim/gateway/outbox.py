"""Order messages on their way to clients: straight through, or held back by a fault; never reordered."""

from collections import deque
from collections.abc import Mapping

from alphatrader.sim.gateway.session import Session

MAX_HELD = 10_000
"""Messages held at most; beyond, the oldest goes out early."""


class Outbox:
    """Queue of order messages. A client that leaves loses what was held for it: it must ask again."""

    def __init__(self, sessions: Mapping[int, Session]) -> None:
        self._sessions = sessions
        self._held: deque[tuple[float, int, bytes]] = deque()

    def session(self, client_id: int) -> Session | None:
        """Return the session of a connected client."""
        return self._sessions.get(client_id)

    def put(self, client_id: int, encoded: bytes, now_s: float, hold_s: float) -> None:
        """Send a message now or after ``hold_s``; one that follows a held message of its client waits behind it."""
        if client_id not in self._sessions:
            return
        waiting = any(held_client == client_id for _, held_client, _ in self._held)
        if hold_s > 0 or waiting:
            self._held.append((now_s + hold_s, client_id, encoded))
            if len(self._held) > MAX_HELD:
                self._send(*self._held.popleft()[1:])
        else:
            self._send(client_id, encoded)

    def release(self, now_s: float) -> None:
        """Send what has waited long enough."""
        while self._held and self._held[0][0] <= now_s:
            _, client_id, encoded = self._held.popleft()
            self._send(client_id, encoded)

    def forget(self, client_id: int) -> None:
        """Drop what is held for a client."""
        self._held = deque(entry for entry in self._held if entry[1] != client_id)

    def _send(self, client_id: int, encoded: bytes) -> None:
        session = self._sessions.get(client_id)
        if session is not None:
            session.send(encoded)
