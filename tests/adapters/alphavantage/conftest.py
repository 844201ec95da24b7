"""A real HTTP server on loopback that answers as a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings

KEY = "SECRETKEY12345"


class Service:
    """``answer`` gets the query and returns a body, a status, a response, or raises; ``queries`` keeps all of them."""

    def __init__(self) -> None:
        self.url = ""
        self.queries: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, str]], object] = lambda _: b"{}"
        self.stopping = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        self.queries.append(query)
        answer = self.answer(query)
        if answer == "hang":
            await self.stopping.wait()
            return web.Response(status=503)
        if answer == "cut":
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b'{"data": [')
            assert request.transport is not None
            request.transport.abort()
            return response
        if isinstance(answer, int):
            return web.Response(status=answer, text="Internal Server Error")
        if isinstance(answer, web.StreamResponse):
            return answer
        assert isinstance(answer, bytes)
        return web.Response(body=answer, content_type="application/json")

    def asked(self, function: str) -> list[dict[str, str]]:
        return [query for query in self.queries if query["function"] == function]


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    application = web.Application()
    application.router.add_get("/query", made.handle)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.stopping.set()
    await runner.cleanup()


@pytest.fixture
def make_settings(service: Service) -> Callable[..., AlphaVantageSettings]:
    def make(**changes: object) -> AlphaVantageSettings:
        values: dict[str, object] = {
            "base_url": service.url,
            "api_key": KEY,
            "requests_per_minute": 60_000,
            "timeout_s": 2,
            "deadline_s": 8,
        }
        return AlphaVantageSettings(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def shared_bodies() -> Path:
    """Bodies that the real service sent to others."""
    folder = Path(__file__).parents[4] / "shared" / "data" / "alphavantage"
    if not folder.is_dir():
        pytest.skip("../shared/data/alphavantage is absent")
    return folder
