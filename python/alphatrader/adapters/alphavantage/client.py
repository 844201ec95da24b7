"""The HTTP client: paced, bounded, retried where that helps, and silent about the API key."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import stamina

from alphatrader.adapters.alphavantage.bodies import check_chain, read_data
from alphatrader.adapters.alphavantage.functions import FUNCTIONS, Function
from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings
from alphatrader.domain.errors import AlphaTraderError, ConfigError, DataError, LinkError, PacingError

T = TypeVar("T")

_CHUNK_BYTES = 65_536
_ECHOED_KEY = re.compile(r"(?i)(api ?key (?:as|is) )\S+")


class TransientError(LinkError):
    """The service could not answer now; the next attempt may succeed."""


@dataclass(slots=True)
class ClientCounters:
    """What the client did so far."""

    requests: int = 0
    answers: int = 0
    failures: int = 0
    limited: int = 0
    bytes_received: int = 0
    last_latency_ms: float = 0.0


class AlphaVantageClient:
    """Asks Alpha Vantage. An async context manager.

    All methods raise LinkError (network, or 5xx past the deadline), PacingError (limits, never retried here), DataError
    (no data) and ConfigError (no or a bad key); the key is in none of them.
    """

    def __init__(self, settings: AlphaVantageSettings) -> None:
        self.settings = settings
        self.counters = ClientCounters()
        self._key = settings.api_key.get_secret_value()
        self._url = settings.base_url.rstrip("/") + "/query"
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Lock()
        self._next_turn_s = 0.0

    @property
    def has_key(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._key)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout_s),
            connector=aiohttp.TCPConnector(limit=8),
            headers={"User-Agent": "alphatrader"},
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def chain(self, symbol: str) -> bytes:
        """Return the body of an option chain, checked to be one but not decoded."""
        function = FUNCTIONS[self.settings.chain_function]
        body = await self._fetch(function, symbol)
        self._checked(lambda: check_chain(function, symbol, body))
        return body

    async def data(self, name: str, symbol: str) -> Any:
        """Return the decoded data of another function of the table (see functions.py)."""
        function = FUNCTIONS[name]
        body = await self._fetch(function, symbol)
        return self._checked(lambda: read_data(function, symbol, body))

    # ------------------------------------------------------------------------------------------ inside

    def _parameters(self, function: Function, symbol: str) -> dict[str, str]:
        parameters = {"function": function.name, function.symbol_parameter: symbol, **function.parameters}
        if function.takes_interval:
            parameters["interval"] = self.settings.indicator_interval
        if function.takes_entitlement and self.settings.entitlement:
            parameters["entitlement"] = self.settings.entitlement
        parameters["apikey"] = self._key
        return parameters

    async def _fetch(self, function: Function, symbol: str) -> bytes:
        if not self._key:
            raise ConfigError("there is no Alpha Vantage key; set alphavantage.api_key, or go on without its data.")
        settings = self.settings
        what = f"{function.name} for {symbol}"
        try:
            async with asyncio.timeout(settings.deadline_s):
                async for attempt in stamina.retry_context(
                    on=TransientError,
                    attempts=settings.attempts,
                    timeout=settings.deadline_s,
                    wait_initial=0.2,
                    wait_max=2.0,
                    wait_jitter=0.3,
                ):
                    with attempt:
                        return await self._attempt(what, self._parameters(function, symbol))
        except TimeoutError:
            self.counters.failures += 1
            raise LinkError(f"Alpha Vantage did not answer {what} within {settings.deadline_s:g} s.") from None
        raise LinkError(f"Alpha Vantage did not answer {what}.")  # pragma: no cover - the loop returns or raises

    async def _attempt(self, what: str, parameters: dict[str, str]) -> bytes:
        if self._session is None:
            raise LinkError("the Alpha Vantage client is closed; enter its context first.")
        await self._wait_turn()
        self.counters.requests += 1
        started_s = time.monotonic()
        body, failure = b"", ""
        try:
            # No redirects: the key rides in the address and must not be carried elsewhere.
            async with self._session.get(self._url, params=parameters, allow_redirects=False) as response:
                self._check_status(what, response.status)
                body = await self._read(what, response)
        except TimeoutError:
            failure = f"Alpha Vantage did not answer {what} within {self.settings.timeout_s:g} s."
        except aiohttp.ClientError as error:
            failure = (
                f"Alpha Vantage could not be reached for {what} ({type(error).__name__}: "
                f"{self._without_key(str(error))[:200]}); check the network and alphavantage.base_url."
            )
        if failure:
            # Raised out here: aiohttp's errors hold the address, and with it the key, even as a suppressed context.
            self.counters.failures += 1
            raise TransientError(failure)
        self.counters.answers += 1
        self.counters.bytes_received += len(body)
        self.counters.last_latency_ms = (time.monotonic() - started_s) * 1e3
        return body

    def _check_status(self, what: str, status: int) -> None:
        if status == 200:
            return
        self.counters.failures += 1
        if status >= 500:
            raise TransientError(f"Alpha Vantage failed at {what} (HTTP {status}); it is tried again.")
        if status == 429:
            self.counters.limited += 1
            raise PacingError(f"Alpha Vantage limits our requests (HTTP 429 for {what}); ask less often.")
        raise DataError(f"Alpha Vantage refused {what} (HTTP {status}); check alphavantage.base_url.")

    async def _read(self, what: str, response: aiohttp.ClientResponse) -> bytes:
        limit = self.settings.max_body_bytes
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > limit:
                self.counters.failures += 1
                raise DataError(f"Alpha Vantage answered {what} with more than {limit} bytes; the answer was dropped.")
        return bytes(body)

    async def _wait_turn(self) -> None:
        """Spread requests evenly over the minute."""
        spacing_s = 60 / self.settings.requests_per_minute
        async with self._turn:
            now_s = time.monotonic()
            wait_s = self._next_turn_s - now_s
            self._next_turn_s = max(now_s, self._next_turn_s) + spacing_s
            if wait_s > 0:
                await asyncio.sleep(wait_s)

    def _checked(self, check: Callable[[], T]) -> T:
        """Run a check of a body; its error comes back without the key, which limit notices repeat in clear."""
        try:
            return check()
        except AlphaTraderError as error:
            kind, text = type(error), self._without_key(str(error))
        if issubclass(kind, PacingError):
            self.counters.limited += 1
        else:
            self.counters.failures += 1
        raise kind(text)

    def _without_key(self, text: str) -> str:
        if self._key:
            text = text.replace(self._key, "***")
        return _ECHOED_KEY.sub(r"\1***", text)
