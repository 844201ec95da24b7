"""Who may pass: the session cookie, the one-time login link, the token against forged requests."""

import logging

from litestar import Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import FromQuery
from litestar.response import Template

from alphatrader.dashboard.announcement import Announcement
from alphatrader.dashboard.sessions import Session, Sessions

log = logging.getLogger("alphatrader.dashboard")

CSRF_HEADER = "x-csrf-token"
LOGIN_HINT = "log in with the one-time link that the run printed; dashboard.json in the run's home holds the next one"


class Door:
    """The sessions and the cookie in which they travel.

    The cookie's name holds the port: cookies ignore ports, and two dashboards on one host must not log each other out.
    """

    def __init__(self, sessions: Sessions, announcement: Announcement, *, port: int, secure: bool) -> None:
        self.sessions = sessions
        self.announcement = announcement
        self.cookie_name = f"alphatrader_session_{port}"
        self._secure = secure

    def session_of(self, connection: ASGIConnection) -> Session | None:  # type: ignore[type-arg]
        """Return the session that the request's cookie names, None if it names none."""
        cookie = connection.cookies.get(self.cookie_name)
        return self.sessions.find(cookie) if cookie else None

    def cookie(self, value: str) -> Cookie:
        """Build the cookie: unreadable for scripts, never sent from another site, gone with the browser."""
        return Cookie(
            key=self.cookie_name, value=value, path="/", httponly=True, samesite="strict", secure=self._secure
        )


class SessionMiddleware(AbstractAuthenticationMiddleware):
    """Refuse every request without a session, except on handlers that opt out (``exclude_from_auth``)."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]
        """Return the session as ``user``. Raises NotAuthorizedException."""
        door: Door = connection.app.state.door
        session = door.session_of(connection)
        if session is None:
            raise NotAuthorizedException(f"you are not logged in; {LOGIN_HINT}")
        return AuthenticationResult(user=session, auth=None)


def requires_csrf_token(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Guard of everything that changes something. Raises PermissionDeniedException."""
    session: Session = connection.user
    if not session.accepts_csrf(connection.headers.get(CSRF_HEADER, "")):
        raise PermissionDeniedException(f"the {CSRF_HEADER} header is missing or wrong; reload the page")


@get("/login", exclude_from_auth=True)
async def log_in(request: Request[None, None, object], token: FromQuery[str] = "") -> Template:  # type: ignore[type-var]
    """Exchange the one-time token for a session.

    The answer is a page that moves on by itself, not a redirect: after a click in another site's page a redirect would
    still count as cross-site, and the browser would hold the strict cookie back.
    """
    door: Door = request.app.state.door
    redeemed = door.sessions.redeem(token)
    if redeemed is None:
        return Template("login.html", context={"hint": LOGIN_HINT, "used": bool(token)}, status_code=401)
    _, cookie = redeemed
    try:
        await door.announcement.write(door.sessions.login_token)
    except OSError as error:
        # This operator is in; only the next login lacks its link.
        log.warning("dashboard.json cannot be written (%s): free the disk; restart the dashboard for a new link", error)
    return Template("welcome.html", cookies=[door.cookie(cookie)])


@post("/logout", guards=[requires_csrf_token], status_code=204)
async def log_out(request: Request[Session, None, object]) -> Response[None]:  # type: ignore[type-var]
    """End the session and its open streams."""
    door: Door = request.app.state.door
    door.sessions.end(request.user)
    gone = Response[None](None, status_code=204)
    gone.delete_cookie(door.cookie_name)
    return gone
