"""The dashboard as a child of the trader."""

import os
from pathlib import Path

from alphatrader.dashboard.arguments import REDIS_URL_VARIABLE, to_arguments
from alphatrader.domain.errors import LinkError
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.home import Home
from alphatrader.supervisor.processes import Child, read_announcement, start_child, stop_child


def _announcement(home: Home) -> Path:
    return home.path / "dashboard.json"


async def start_dashboard(config: AppConfig, home: Home, redis_url: str) -> str:
    """Start or adopt the page; return the link that logs in once. Raises LinkError with what to do."""
    arguments = ["alphatrader.dashboard", "--home", str(home.path.resolve())]
    arguments += ["--control-socket", str(home.control_socket), *to_arguments(config.dashboard)]
    # By the environment: a URL may hold a password, and every user can read a command line.
    os.environ[REDIS_URL_VARIABLE] = redis_url
    child = await start_child("the dashboard", arguments, _announcement(home), home.logs / "dashboard.out")
    link = child.announcement.get("login_url")
    if not isinstance(link, str):
        raise LinkError(f"the dashboard's announcement {_announcement(home)} names no login link")
    return link


async def stop_dashboard(home: Home) -> None:
    """End the page, whoever started it."""
    body = read_announcement(_announcement(home))
    if body is not None:
        await stop_child(Child("dashboard", body["pid"], body, adopted=True))
