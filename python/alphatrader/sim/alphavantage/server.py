"""The HTTP server: one route, ``/query``, as the real service has it. Refusals come with status 200, as theirs do."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from alphatrader import calendar
from alphatrader.domain.errors import LinkError
from alphatrader.sim.alphavantage import answers, technicals
from alphatrader.sim.alphavantage.csv_body import as_csv
from alphatrader.sim.alphavantage.faults import AlphaVantageFaults, FaultKind
from alphatrader.sim.alphavantage.news import news_sentiment
from alphatrader.sim.alphavantage.options import historical_options, realtime_options
from alphatrader.sim.alphavantage.plan import PLANS, Meter, Plan, PlanName
from alphatrader.sim.alphavantage.quote import global_quote
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import MarketTables

DELAY_NS = 15 * 60 * calendar.NS
"""How old everything is that a key with ``entitlement=delayed`` sees."""
_SHUTDOWN_S = 1.0
_BODIES_KEPT = 8
"""Past answers, for the fault that repeats one."""
_GARBAGE = b'{"endpoint": "Realtime Options", "message": "succ\x00\xff<html>'


class NowClock(Protocol):
    """The simulator's clock."""

    def now_ns(self) -> int:
        """Market time in nanoseconds since the epoch."""
        ...

    def wall_s(self) -> float:
        """Wall seconds, by which requests are limited."""
        ...


@asynccontextmanager
async def serve_alphavantage(
    market: MarketTables,
    clock: NowClock,
    host: str,
    port: int,
    faults: AlphaVantageFaults | None = None,
    plan: PlanName = "unlimited",
    past: Past | None = None,
) -> AsyncIterator[int]:
    """Serve the market's data until the context ends; yields the bound port (``port`` 0 = any free one).

    ``plan`` is what every key may do; ``past`` is what the gateway knows of the days before, so that both say the same
    (None = a past of its own). The market is read on the event loop that runs this. Raises LinkError if the port cannot
    be bound.
    """
    service = _Service(market, clock, faults or AlphaVantageFaults(), PLANS[plan], past or Past(market))
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

    def __init__(
        self, market: MarketTables, clock: NowClock, faults: AlphaVantageFaults, plan: Plan, past: Past
    ) -> None:
        self._market = market
        self._past = past
        self._clock = clock
        self._faults = faults
        self._meter = Meter(plan, clock.wall_s)
        self._before: dict[tuple[tuple[str, str], ...], bytes] = {}
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
        body = self._faulty(fault, query) if fault else self._fresh(query)
        table = as_csv(query.get("function", ""), body) if query.get("datatype") == "csv" and not fault else None
        if table is not None:
            return web.Response(body=table, content_type="application/x-download")
        return web.Response(body=body, content_type="application/json")

    def _fresh(self, query: Mapping[str, str]) -> bytes:
        """Answer as it should be, and keep it: stale bodies are what was true before."""
        body = self._body(query)
        question = tuple(sorted(query.items()))
        self._before.pop(question, None)
        self._before[question] = body
        while len(self._before) > _BODIES_KEPT:
            del self._before[next(iter(self._before))]
        return body

    def _faulty(self, fault: FaultKind, query: Mapping[str, str]) -> bytes:
        api_key = query.get("apikey", "")
        match fault:
            case "premium":
                return answers.premium_function()
            case "bad_key":
                return answers.bad_key()
            case "cut":
                whole = self._body(query)
                return whole[: len(whole) // 2]
            case "previous_day":
                return self._body({**query, "function": "HISTORICAL_OPTIONS", "date": ""})
            case "stale":
                return self._before.get(tuple(sorted(query.items()))) or self._fresh(query)
            case "delayed":
                return self._body({**query, "entitlement": "delayed"})
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
        refusal = self._meter.refusal(query["apikey"], calendar.date_of(self._clock.now_ns()), function)
        if refusal is not None:
            return refusal
        if function == "NEWS_SENTIMENT":
            return news_sentiment(self._market, query, self._clock.now_ns())
        if query.get("entitlement", "") not in {"", "realtime", "delayed"}:
            return answers.bad_call(function)
        if function not in _SYMBOL_FUNCTIONS:
            return answers.bad_function(function)
        symbol = query.get("symbol", "").upper()
        if not symbol:
            return answers.bad_call(function)
        return self._of_symbol(function, symbol, query)

    def _of_symbol(self, function: str, symbol: str, query: Mapping[str, str]) -> bytes:
        delayed = query.get("entitlement") == "delayed"
        seen_ns = self._clock.now_ns() - (DELAY_NS if delayed else 0)
        match function:
            case "REALTIME_OPTIONS":
                wanted = query.get("require_greeks", "false").lower() == "true"
                contract = query.get("contract", "")
                return realtime_options(self._market, symbol, contract, seen_ns, require_greeks=wanted)
            case "HISTORICAL_OPTIONS":
                return historical_options(self._market, symbol, query.get("date", ""))
            case "GLOBAL_QUOTE":
                return global_quote(self._market, symbol, seen_ns, delayed=delayed)
            case _:
                return technicals.technical(self._market, self._past, function, query, seen_ns)


_SYMBOL_FUNCTIONS = frozenset({"REALTIME_OPTIONS", "HISTORICAL_OPTIONS", "GLOBAL_QUOTE", *technicals.FUNCTIONS})
