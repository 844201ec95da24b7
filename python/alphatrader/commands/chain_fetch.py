"""One option chain and quote from Alpha Vantage, for commands that name a symbol instead of a file."""

import datetime as dt
from pathlib import Path

from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings
from alphatrader.analytics.chain_files import ChainFile, chain_of_body
from alphatrader.analytics.settlement import NEW_YORK


async def fetch_chain_file(symbol: str, settings: AlphaVantageSettings, *, spot: float | None) -> ChainFile:
    """Fetch the chain of a symbol as it is now. Raises ConfigError, DataError, LinkError, PacingError.

    The spot comes from put-call parity at the nearest expiry, so that one request is enough, unless it is given.
    """
    async with AlphaVantageClient(settings) as client:
        body = await client.chain(symbol)
    return chain_of_body(body, Path(symbol), spot=spot, as_of=dt.datetime.now(NEW_YORK))
