"""``python -m alphatrader.trader --home DIR --mode paper``: the trader of a home. ``alphatrader run`` starts it."""

import asyncio
import os
import sys
from collections.abc import Sequence

from alphatrader.dashboard.arguments import REDIS_URL_VARIABLE
from alphatrader.domain.errors import AlphaTraderError
from alphatrader.home import Home
from alphatrader.ops.config import load_config, secret_values, with_mode
from alphatrader.ops.live_guard import check_confirmed
from alphatrader.ops.logs import start_logging
from alphatrader.ops.run_options import TraderOptions, read_trader_options
from alphatrader.trader.failures import first_known


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return the exit status. Errors are lines on standard error that begin with ``error:``."""
    options = read_trader_options(arguments)
    try:
        _run(options)
    except (AlphaTraderError, BaseExceptionGroup) as error:
        known = first_known(error)
        if known is None:
            raise
        for line in str(known).splitlines() or [type(known).__name__]:
            print(f"error: {line}", file=sys.stderr)
        return known.exit_code
    except KeyboardInterrupt:  # before the signal handlers were in place
        return 130
    return 0


def _run(options: TraderOptions) -> None:
    config = with_mode(load_config(options.config), options.mode)
    if options.mode == "live":
        check_confirmed(config, options.confirmed_account)
    # After the checks: it loads the engine and every adapter.
    from alphatrader.trader.daemon import Daemon  # noqa: PLC0415

    home = Home(options.home)
    # By the environment: a URL may hold a password, and every user can read a command line.
    redis_url = os.environ.get(REDIS_URL_VARIABLE) or config.redis.url.get_secret_value() or home.redis_url
    with start_logging(
        config.logging, process="trader", directory=home.logs, secrets=secret_values(config), quiet_console=True
    ):

        async def trade() -> None:
            await Daemon(config, options, home, redis_url).run()

        asyncio.run(trade())


if __name__ == "__main__":
    sys.exit(main())
