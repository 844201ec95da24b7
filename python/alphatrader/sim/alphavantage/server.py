"""The HTTP server: one route, ``/query``, as the real service has it. Refusals come with status 200, as theirs do."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from alphatrader.domain.errors import LinkError
from alphatrader.sim.alphavantage import answers, technicals
from alphatrader.sim.alphavantage.faults import AlphaVantageFaults, FaultKind
from alphatrader.sim.alphavantage.news import news_sentiment
from alphatrader.sim.alphavantage.options import historical_options, realtime_options
from alphatrader.sim.alphavantage.quote import global_quote
from alphatrader.sim.market.types import MarketTables

_SHUTDOWN_S = 1.0
_GARBAGE = b'{"endpoint": "Realtime Options", "message": "succ\x00\xff<html>'


class NowClock(Protocol):
    """The market's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        ...


@asynccontextmanager
async def serve_alphavantage(
    market: MarketTables, clock: NowClock, host: str, port: int, faults: AlphaVantageFaults | None = None
) -> AsyncIterator[int]:
    """Serve the market's data until the context ends; yields the bound port (``port`` 0 = any free one).

    The market is read on the event loop that runs this. Raises LinkError if the port cannot be bound.
    """
    service = _Service(market, clock, faults or AlphaVantageFaults())
    application = web.Application()
    application.router.add_get("/query", service.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise LinkError(
                f"the simulated Alpha Vantage server cannot listen on {host}:{port} ({error.strerror or error}); "
                "stop what uses that port, or choose another"
            ) from error
        yield int(runner.addresses[0][1])
    finally:
        service.stopping.set()
        await runner.cleanup()


class _Service:
    """Answers requests."""

    def __init__(self, market: MarketTables, clock: NowClock, faults: AlphaVantageFaults) -> None:
        self._market = market
        self._clock = clock
        self._faults = faults
        self.stopping = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request, or misbehave if a fault is due."""
        query = request.query
        fault = self._faults.take()
        if fault == "hang":
            await self.stopping.wait()
            return web.Response(status=503)
        if fault == "error_500":
            return web.Response(status=500, text="Internal Server Error")
        body = self._faulty(fault, query.get("apikey", "")) if fault else self._body(query)
        return web.Response(body=body, content_type="application/json")

    def _faulty(self, fault: FaultKind, api_key: str) -> bytes:
        match fault:
            case "limit":
                return answers.burst_limit()
            case "daily_limit":
                return answers.daily_limit(api_key)
            case "placeholder":
                return answers.placeholder()
            case _:
                return _GARBAGE

    def _body(self, query: Mapping[str, str]) -> bytes:
        function = query.get("function", "")
        if not query.get("apikey"):
            return answers.bad_key()
        if function == "NEWS_SENTIMENT":
            return news_sentiment(self._market, query, self._clock.now_ns())
        if function not in _SYMBOL_FUNCTIONS:
            return answers.bad_function(function)
        symbol = query.get("symbol", "").upper()
        if not symbol:
            return answers.bad_call(function)
        return self._of_symbol(function, symbol, query)

    def _of_symbol(self, function: str, symbol: str, query: Mapping[str, str]) -> bytes:
        match function:
            case "REALTIME_OPTIONS":
                wanted = query.get("require_greeks", "false").lower() == "true"
                return realtime_options(self._market, symbol, query.get("contract", ""), require_greeks=wanted)
            case "HISTORICAL_OPTIONS":
                return historical_options(self._market, symbol, query.get("date", ""))
            case "GLOBAL_QUOTE":
                delayed = query.get("entitlement") == "delayed"
                return global_quote(self._market, symbol, self._clock.now_ns(), delayed=delayed)
            case _:
                return technicals.technical(self._market, function, query, self._clock.now_ns())


_SYMBOL_FUNCTIONS = frozenset({"REALTIME_OPTIONS", "HISTORICAL_OPTIONS", "GLOBAL_QUOTE", *technicals.FUNCTIONS})
