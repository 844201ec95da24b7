"""The outermost layer: which requests are heard at all, and what every answer says to the browser.

It wraps the whole application, so that unknown paths and static files pass through it too.

* Host must be one of ours: a foreign name that resolves to 127.0.0.1 (DNS rebinding) is refused.
* A WebSocket or a request that changes something must come from our own page (Origin). Browsers let any page open a
  WebSocket to any host, with cookies, so without this check the session would protect nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginPolicy:
    """The hosts and origins that are ours, lower case, port included."""

    def __init__(self, origins: Iterable[str]) -> None:
        self.origins = frozenset(origin.lower() for origin in origins)
        self.hosts = frozenset(origin.split("://", 1)[1] for origin in self.origins)

    def refusal(self, scope: Scope) -> str | None:
        """Return why the request is refused, or None."""
        host = _header(scope, b"host")
        if host is None or host.lower() not in self.hosts:
            return f"the Host header {host!r} is not this dashboard's address; open {self._main()} itself"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = _header(scope, b"origin")
        if changes and (origin is None or origin.lower() not in self.origins):
            return (
                f"the request came from {origin or 'no page'}, not from this dashboard; use the page at {self._main()}"
            )
        return None

    def _main(self) -> str:
        return min(self.origins)


class RequestGate:
    """ASGI wrapper that applies an :class:`OriginPolicy` and adds the security headers."""

    def __init__(self, application: Application, policy: OriginPolicy) -> None:
        self._application = application
        self._policy = policy
        # The grammar of a content policy has no IPv6 addresses; there 'self' must do.
        sockets = " ".join(sorted(o.replace("http", "ws", 1) for o in policy.origins if "[" not in o))
        # Named WebSocket origins because not every browser counts ws: as 'self'. Trusted Types: nothing may turn text
        # from the market or a news feed into markup.
        content_policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self' {sockets}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        self._headers = [
            (b"content-security-policy", content_policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [(name, value) for name, value in self._headers if name not in present]
                if b"cache-control" not in present:
                    # Everything but what a handler marks is an operator's data, and must leave no copy on disk.
                    added.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *added]
            await send(message)

        refusal = self._policy.refusal(scope)
        if refusal is None:
            await self._application(scope, receive, send_guarded)
        elif scope["type"] == "websocket":
            # Closed before it is accepted: the server answers the handshake with 403.
            await send({"type": "websocket.close", "code": 4403, "reason": "refused origin or host"})
        else:
            await _send_problem(send_guarded, refusal)


async def _send_problem(send: Send, detail: str) -> None:
    body = msgspec.json.encode({"type": "about:blank", "title": "Refused", "status": 403, "detail": detail})
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str | None:
    values = [value for key, value in scope["headers"] if key == name]
    # Two Host headers are an attempt to be read in two ways.
    return values[0].decode("latin-1") if len(values) == 1 else None
