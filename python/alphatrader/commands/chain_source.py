"""Where ``alphatrader exposure`` takes its chain from: a file, or Alpha Vantage for a symbol."""

import asyncio
import datetime as dt
import re
from pathlib import Path

from alphatrader.analytics.chain_files import ChainFile, load_chain
from alphatrader.domain.errors import ConfigError

_SYMBOL = re.compile(r"\^?[A-Z]{1,6}(\.[A-Z])?")


def chain_of(source: str, *, spot: float | None, as_of: dt.datetime | None, config_path: Path | None) -> ChainFile:
    """Load the file ``source``; if there is none and it looks like a symbol, ask Alpha Vantage.

    Raises DataError, ConfigError (no key), LinkError.
    """
    path = Path(source)
    if path.exists() or not _SYMBOL.fullmatch(source):
        return load_chain(path, spot=spot, as_of=as_of)
    from alphatrader.ops.config import load_config  # noqa: PLC0415 - a file needs none of this

    settings = load_config(config_path).alphavantage
    if not settings.api_key.get_secret_value():
        raise ConfigError(
            f"there is no file {source}, and to fetch the chain of {source} an Alpha Vantage key is needed: "
            "set ALPHAVANTAGE_API_KEY"
        )
    from alphatrader.commands.chain_fetch import fetch_chain_file  # noqa: PLC0415

    return asyncio.run(fetch_chain_file(source, settings, spot=spot))
