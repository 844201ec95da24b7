"""``python -m alphatrader.dashboard --home DIR [--port 8000]``."""

import asyncio
import logging
import os
import signal
import sys

from alphatrader.dashboard.arguments import read_arguments
from alphatrader.dashboard.places import RunPlaces
from alphatrader.dashboard.server import Dashboard
from alphatrader.dashboard.settings import DashboardSettings
from alphatrader.domain.errors import AlphaTraderError


def main(arguments: list[str] | None = None) -> int:
    """Run the dashboard; return the exit status."""
    logging.basicConfig(level=logging.WARNING, format="dashboard: %(levelname)s %(message)s")
    try:
        settings, places = read_arguments(arguments, os.environ)
        asyncio.run(_serve(settings, places))
    except AlphaTraderError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return error.exit_code
    return 0


async def _serve(settings: DashboardSettings, places: RunPlaces) -> None:
    dashboard = Dashboard(settings, places)
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop_signal, dashboard.stop)
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(dashboard))
        await dashboard.run()
        telling.cancel()


async def _tell(dashboard: Dashboard) -> None:
    await dashboard.ready.wait()
    print(f"dashboard: {dashboard.url}", flush=True)
    # Into a log file the link must not go: whoever reads the log could log in with it.
    if sys.stdout.isatty():
        print(f"dashboard: log in once with {dashboard.login_url}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
