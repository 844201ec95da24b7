"""One option chain and quote from Alpha Vantage, for commands that name a symbol instead of a file."""

import datetime as dt
from pathlib import Path

from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings as ClientSettings
from alphatrader.analytics.chain_files import ChainFile, chain_of_body
from alphatrader.analytics.settlement import NEW_YORK
from alphatrader.ops.config_sections import AlphaVantageSettings


async def fetch_chain_file(symbol: str, settings: AlphaVantageSettings, *, spot: float | None) -> ChainFile:
    """Fetch the chain of a symbol as it is now. Raises ConfigError, DataError, LinkError, PacingError.

    The spot comes from put-call parity at the nearest expiry, so that one request is enough, unless it is given.
    """
    client_settings = ClientSettings(
        base_url=settings.base_url,
        api_key=settings.api_key,
        entitlement=settings.entitlement,
        requests_per_minute=settings.requests_per_minute,
        timeout_s=settings.timeout_s,
    )
    async with AlphaVantageClient(client_settings) as client:
        body = await client.chain(symbol)
    return chain_of_body(body, Path(symbol), spot=spot, as_of=dt.datetime.now(NEW_YORK))
