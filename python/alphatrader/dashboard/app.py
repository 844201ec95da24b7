"""The Litestar application: routes, templates, static files, behind the gate."""

from pathlib import Path

from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from alphatrader import __version__
from alphatrader.dashboard.api import command, health, journal, view
from alphatrader.dashboard.control import TraderControl
from alphatrader.dashboard.feed import ViewFeed
from alphatrader.dashboard.gate import Application, OriginPolicy, RequestGate
from alphatrader.dashboard.journal import JournalWindow
from alphatrader.dashboard.login import LOGIN_HINT, Door, SessionMiddleware, log_in, log_out
from alphatrader.dashboard.problems import PROBLEM_HANDLERS
from alphatrader.dashboard.stream import stream

HERE = Path(__file__).parent
MAX_BODY_BYTES = 16_384


@get("/", exclude_from_auth=True)
async def page(request: Request[None, None, object]) -> Template:  # type: ignore[type-var]
    """Return the live page, or the words on how to log in."""
    door: Door = request.app.state.door
    session = door.session_of(request)
    if session is None:
        return Template("login.html", context={"hint": LOGIN_HINT, "used": False}, status_code=401)
    return Template("live.html", context={"csrf_token": session.csrf_token, "version": __version__})


def create_app(
    feed: ViewFeed, journal_window: JournalWindow, door: Door, control: TraderControl, policy: OriginPolicy
) -> Application:
    """Build the application around what it reads and whom it obeys."""
    static = create_static_files_router(
        path="/static", directories=[HERE / "static"], opt={"exclude_from_auth": True}, cache_control=None
    )
    application = Litestar(
        route_handlers=[page, log_in, log_out, health, view, journal, command, stream, static],
        middleware=[SessionMiddleware],
        exception_handlers=PROBLEM_HANDLERS,
        template_config=TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine),
        state=State({"feed": feed, "journal": journal_window, "door": door, "control": control}),
        openapi_config=None,  # its pages load scripts from other hosts
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    return RequestGate(application, policy)  # type: ignore[arg-type]
