"""The API behind the page: the view, health, and the operator's commands."""

from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import ValidationException
from litestar.params import JSONBody
from msgspec import Meta, Struct

from alphatrader.dashboard.control import Action, TraderControl
from alphatrader.dashboard.feed import ViewFeed
from alphatrader.dashboard.journal import JournalView, JournalWindow
from alphatrader.dashboard.login import requires_csrf_token
from alphatrader.dashboard.problems import problem
from alphatrader.dashboard.sessions import Session

CONFIRMATIONS: dict[str, str] = {"resume": "RESUME", "flatten": "FLATTEN"}
"""What must be typed before the action. HALT and what only lowers risk need nothing."""


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a command. ``confirm`` is the typed word where the action needs one."""

    action: Action
    reason: Annotated[str, Meta(max_length=300)] = ""
    confirm: str = ""


class CommandResult(Struct, frozen=True):
    """The trader's answer."""

    ok: bool
    action: str
    state: str


class Health(Struct, frozen=True):
    """Liveness without a login: no numbers of the account."""

    ok: bool
    trader: str
    detail: str
    clients: int


@get("/api/health", exclude_from_auth=True)
async def health(request: Request[None, None, object]) -> Health:  # type: ignore[type-var]
    """Answer as long as this process lives; ``trader`` tells whether its numbers do."""
    feed: ViewFeed = request.app.state.feed
    status = feed.status()
    return Health(ok=True, trader=status.trader, detail=status.detail, clients=feed.subscribers)


@get("/api/view")
async def view(request: Request[Session, None, object]) -> Response[bytes]:  # type: ignore[type-var]
    """Return the newest frame; 503 with the reason, and the last known frame in it, where the trader is not there."""
    feed: ViewFeed = request.app.state.feed
    status = feed.status()
    if status.trader == "live":
        return Response(feed.frame().encode(), media_type="application/json")
    return problem(503, status.detail, frame=msgspec.Raw(feed.frame().encode()))


@get("/api/journal")
async def journal(request: Request[Session, None, object]) -> JournalView:  # type: ignore[type-var]
    """Return the journaled trading state and the operators' latest actions."""
    window: JournalWindow = request.app.state.journal
    return await window.view()


@post("/api/commands", guards=[requires_csrf_token], status_code=200)
async def command(request: Request[Session, None, object], data: JSONBody[Command]) -> CommandResult:  # type: ignore[type-var]
    """Pass an operator's command to the trader and return its answer."""
    word = CONFIRMATIONS.get(data.action, "")
    if data.confirm != word:
        wanted = f"type {word} to confirm" if word else "it needs no confirmation, and takes none"
        raise ValidationException(f"{data.action} was not sent: {wanted}")
    control: TraderControl = request.app.state.control
    state = await control.command(data.action, data.reason or "pressed on the page")
    return CommandResult(ok=True, action=data.action, state=state)
