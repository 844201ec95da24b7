"""The start of a session at the broker: connected, subscribed, the session so far fed through the engine, live."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.calendar import Session
from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument
from alphatrader.domain.errors import ConfigError
from alphatrader.engine.runner import Runner
from alphatrader.trader.lasting import Lasting
from alphatrader.trader.patience import persist

_FIRST_UNDERLYING_ID = 1
_WARMUP_REQUESTS = 120
_PAPER_ACCOUNT_PREFIX = "DU"
_PAST_WALL_S = 10.0
"""So long the session's past may keep what is held from being worked."""

_T = TypeVar("_T")


class SessionMissedError(Exception):
    """The session ended before the broker could be reached. Never seen outside of the trader."""


class Opening:
    """Brings a session to life over a link that may fail at every step."""

    def __init__(self, lasting: Lasting, session: Session, adapter: IbkrAdapter, runner: Runner) -> None:
        self._lasting = lasting
        self._session = session
        self._adapter = adapter
        self._runner = runner
        self._past_until_s: float | None = None
        """Loop time from which on nothing is waited for any more before decisions begin; None = what it takes."""

    async def connect(self) -> None:
        """Connect, however long the gateway is away.

        Raises ConfigError for an account that must not be traded, StoppedError, SessionMissedError.
        """
        await self._persist("connecting", self._adapter.connect)
        self._check_account(self._adapter.account)

    async def go_live(self) -> None:
        """Subscribe, feed the session so far, let decisions begin. Raises as :meth:`connect`, and DataError.

        With a trade open decisions begin before long in any case: no exit is worked while the past is awaited, which a
        broker may pace for a quarter of an hour, or not tell at all.
        """
        if not self._runner.engine.book.open_trades:
            await self._go_live()
            return
        loop = asyncio.get_running_loop()
        self._past_until_s = loop.time() + _PAST_WALL_S
        timer = loop.call_at(self._past_until_s, self._runner.release_live_rows)
        try:
            await self._go_live()
        finally:
            timer.cancel()

    async def _go_live(self) -> None:
        runner, rows = self._runner, 0
        for number, symbol in enumerate(self._lasting.config.engine.symbols, start=_FIRST_UNDERLYING_ID):
            instrument = await self._persist(f"subscribing to {symbol}", partial(self._add, symbol, number))
            rows += await self._persist(f"the warm-up of {symbol}", partial(self._feed_past, instrument))
            universe = partial(self._adapter.option_universe, instrument)
            await self._persist(f"the option universe of {symbol}", universe)
        runner.release_live_rows()
        runner.post(ev.WarmupFinished(ts_ns=runner.now_ns(), rows=rows))

    async def _persist(self, what: str, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Try until it works, or until there is no session left to do it for."""

        async def in_session() -> _T:
            if self._runner.now_ns() >= self._session.close_ns:
                raise SessionMissedError
            return await attempt()

        return await persist("broker", in_session, self._lasting.stop, self._lasting.terminal, what=what)

    async def _add(self, symbol: str, number: int) -> Instrument:
        instrument = await self._adapter.subscribe_underlying(symbol, number)
        self._runner.post(ev.InstrumentAdded(ts_ns=self._runner.now_ns(), instrument=instrument))
        return instrument

    async def _feed_past(self, instrument: Instrument) -> int:
        """Feed the prints since the open; before the open there are none."""
        before_ns, began_s = self._runner.now_ns(), time.monotonic()
        if before_ns <= self._session.open_ns:
            return 0
        try:
            async with asyncio.timeout_at(self._past_until_s):
                await asyncio.sleep(0)  # where it is too late already, it is not even asked for
                rows = await self._adapter.history(instrument, self._session.open_ns, before_ns, _WARMUP_REQUESTS)
        except TimeoutError:
            self._runner.release_live_rows()
            text = f"{instrument.symbol}: the session so far did not come in time; what is held is worked without it"
            self._lasting.terminal.fact("warm-up", text, "warning")
            return 0
        text = f"{instrument.symbol}: {rows:,} prints in {time.monotonic() - began_s:.1f} s"
        self._lasting.terminal.fact("warm-up", text)
        return rows

    def _check_account(self, account: str) -> None:
        """Paper means a paper account, whatever listens on the paper port. Raises ConfigError."""
        if self._lasting.options.mode == "paper" and not account.startswith(_PAPER_ACCOUNT_PREFIX):
            raise ConfigError(
                f"the gateway serves account {account}, which is not a paper account ({_PAPER_ACCOUNT_PREFIX}…): "
                "log the gateway in to paper trading, or check gateway.ports; nothing was sent"
            )
