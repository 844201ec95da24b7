"""The port ``MarketData`` over the session: underlyings, history, option universe, option lines."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import structlog

from alphatrader.adapters.ibkr.contracts import ContractBook
from alphatrader.adapters.ibkr.health import Renewal
from alphatrader.adapters.ibkr.history import PrintHistory
from alphatrader.adapters.ibkr.session import Session
from alphatrader.adapters.ibkr.streams import Stream, Streams
from alphatrader.adapters.ibkr.taps import StreamKind, Taps
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.errors import DataError, LinkError
from alphatrader.domain.events import ContractUnavailable, InstrumentAdded, OptionUniverse
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

RT_VOLUME = "233"
"""Generic tick: prints of the quote line, the source of prints where tick-by-tick is refused."""


class Subscriptions:
    """Implements :class:`alphatrader.ports.MarketData`."""

    def __init__(
        self, session: Session, sink: EventSink, taps: Taps, streams: Streams, contracts: ContractBook
    ) -> None:
        self._session = session
        self._sink = sink
        self._taps = taps
        self._streams = streams
        self._contracts = contracts
        self._history = PrintHistory(session, sink)
        self._watched: dict[OptionKey, Instrument] = {}
        self._wanted: tuple[OptionKey, ...] = ()
        self._watching = asyncio.Lock()

    async def subscribe_underlying(self, symbol: str, instrument_id: int) -> Instrument:
        """Qualify; subscribe L1, prints and depth.

        Nothing is awaited after the subscriptions are sent: announce the instrument before the next await, and it is
        known before its first row. Raises DataError for an unknown symbol, LinkError.
        """
        instrument = await self._contracts.underlying(symbol, instrument_id)
        contract = self._contracts.contract(instrument_id)
        settings = self._session.settings
        kinds: list[StreamKind] = ["quote"]
        if settings.tick_by_tick and instrument.kind == "stock":
            kinds.append("trade")
        if settings.depth and instrument.kind == "stock":
            kinds.append("depth")
        self._taps.take_prints_from_quotes(instrument_id, "trade" not in kinds)
        await self._streams.open(
            [
                Stream(instrument_id, kind, contract, symbol, generic_ticks=RT_VOLUME if kind == "quote" else "")
                for kind in kinds
            ]
        )
        return instrument

    async def history(self, instrument: Instrument, start_ns: int, end_ns: int, max_requests: int) -> int:
        """Feed past prints of ``[start, end)``, oldest first; return how many. Raises LinkError, DataError."""
        return await self._history.feed(
            self._contracts.contract(instrument.instrument_id),
            instrument.symbol,
            instrument.instrument_id,
            start_ns,
            end_ns,
            max_requests,
        )

    async def option_universe(self, underlying: Instrument) -> None:
        """Post one OptionUniverse for each trading class. Raises LinkError, DataError if there are none."""
        kind = "IND" if underlying.kind == "index" else "STK"
        rows = await self._session.ask(
            f"the option universe of {underlying.symbol}",
            lambda client, request_id: client.reqSecDefOptParams(
                request_id, underlying.symbol, "", kind, underlying.con_id
            ),
        )
        if not rows:
            raise DataError(f"the broker lists no options on {underlying.symbol}; trade another symbol.")
        for trading_class in sorted({row.trading_class for row in rows}):
            listed = [row for row in rows if row.trading_class == trading_class]
            # SMART lists what can be traded through the router; a single exchange may list less.
            listed = [row for row in listed if row.exchange == "SMART"] or listed
            self._sink.post(
                OptionUniverse(
                    ts_ns=self._sink.now_ns(),
                    symbol=underlying.symbol,
                    trading_class=trading_class,
                    multiplier=int(float(listed[0].multiplier or 100)),
                    expiries=tuple(sorted({expiry for row in listed for expiry in row.expiries})),
                    strikes=tuple(sorted({Decimal(repr(strike)) for row in listed for strike in row.strikes})),
                )
            )

    async def watch_options(self, keys: Sequence[OptionKey]) -> None:
        """Hold quote lines for exactly these options; what cannot be had is posted as ContractUnavailable.

        Raises LinkError if the link breaks meanwhile; the newest set is then watched as soon as it is back.
        """
        self._wanted = tuple(keys)
        try:
            await self._watch(self._wanted)
        except LinkError:
            self._session.renew_later(self._watch_again)
            raise

    async def _watch_again(self) -> None:
        await self.watch_options(self._wanted)

    async def _watch(self, keys: Sequence[OptionKey]) -> None:
        async with self._watching:
            wanted = dict.fromkeys(keys)
            dropped = [key for key in self._watched if key not in wanted]
            gone = [self._streams.get(self._watched.pop(key).instrument_id, "quote") for key in dropped]
            await self._streams.close([stream for stream in gone if stream is not None])
            fresh = [key for key in wanted if key not in self._watched]
            answers = await self._contracts.options(fresh)
            room = max(0, self._session.settings.max_lines - self._streams.lines_used())
            added: list[tuple[OptionKey, Instrument]] = []
            for key, answer in answers.items():
                if isinstance(answer, str):
                    self._unavailable(key, answer)
                elif len(added) >= room:
                    self._unavailable(key, f"all {self._session.settings.max_lines} market data lines are in use")
                else:
                    added.append((key, answer))
            await self._open_options(added)

    async def _open_options(self, added: Sequence[tuple[OptionKey, Instrument]]) -> None:
        for key, instrument in added:
            self._sink.post(InstrumentAdded(ts_ns=self._sink.now_ns(), instrument=instrument))
            self._watched[key] = instrument
        await self._streams.open(
            [
                Stream(
                    instrument.instrument_id, "quote", self._contracts.contract(instrument.instrument_id), key.label("")
                )
                for key, instrument in added
            ]
        )

    async def resubscribe(self, instrument_id: int, stream: str) -> None:
        """Cancel and renew a silent stream. Raises DataError for one that is not held, LinkError."""
        held = self._streams.get(instrument_id, cast(StreamKind, stream))
        if held is None:
            raise DataError(f"instrument {instrument_id} has no {stream!r} stream to renew.")
        await self._streams.renew([held], Renewal.SUSPECT)

    def _unavailable(self, key: OptionKey, reason: str) -> None:
        self._sink.post(ContractUnavailable(ts_ns=self._sink.now_ns(), key=key.label(""), reason=reason))
