"""``python -m alphatrader.dashboard --home DIR [--port 8000]``."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from alphatrader.dashboard.server import Dashboard
from alphatrader.dashboard.settings import parse_settings
from alphatrader.domain.errors import AlphaTraderError

REDIS_URL_VARIABLE = "ALPHATRADER_REDIS_URL"


def main(arguments: list[str] | None = None) -> int:
    """Run the dashboard; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m alphatrader.dashboard", description="The operator's page of a run."
    )
    parser.add_argument("--home", type=Path, required=True, help="directory of the run: its journal and sockets")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (8000; 0 = any free)")
    parser.add_argument("--redis-url", help=f"default: ${REDIS_URL_VARIABLE}, else the private server of the home")
    parser.add_argument("--control-socket", type=Path, help="the trader's socket (home/control.sock)")
    parser.add_argument("--public-url", help="the address in the browser, where a proxy stands in front")
    parser.add_argument("--allow-remote", action="store_true", default=None, help="allow a host that others reach")
    values = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    if url := os.environ.get(REDIS_URL_VARIABLE):
        # A URL may hold a password, which every user of the machine could read from the command line.
        values.setdefault("redis_url", url)
    logging.basicConfig(level=logging.WARNING, format="dashboard: %(levelname)s %(message)s")
    try:
        asyncio.run(_serve(values))
    except AlphaTraderError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return error.exit_code
    return 0


async def _serve(values: dict[str, object]) -> None:
    dashboard = Dashboard(parse_settings(values))
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
