"""The adapter as the runner sees it: both broker ports over one session.

chunk ──────► taps ──────────────► EventSink rows (quotes, prints, depth)
callbacks ─┬► reports, snapshot ─► EventSink events (orders, fills, account)
           └► session ───────────► LinkChanged, NextOrderId
orders, market_data ──► session ──► limiter ──► wire ──► gateway
"""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from alphatrader.adapters.ibkr.account import AccountFigures
from alphatrader.adapters.ibkr.callbacks import MESSAGE_IDS, TICK_OPTION, Receivers, make_callbacks
from alphatrader.adapters.ibkr.contracts import ContractBook
from alphatrader.adapters.ibkr.library import load_library
from alphatrader.adapters.ibkr.library_feed import MarketTaps
from alphatrader.adapters.ibkr.market_data import Subscriptions
from alphatrader.adapters.ibkr.orders import OrderSender
from alphatrader.adapters.ibkr.reports import OrderReports
from alphatrader.adapters.ibkr.rust_feed import RustTaps
from alphatrader.adapters.ibkr.session import Session
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.adapters.ibkr.sink import MarkedSink
from alphatrader.adapters.ibkr.snapshot import SnapshotPoller
from alphatrader.adapters.ibkr.streams import Streams
from alphatrader.adapters.ibkr.taps import Taps
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.orders import BrokerSnapshot, OrderIntent
from alphatrader.ports import Clock, EventSink


class IbkrAdapter:
    """Interactive Brokers. Implements :class:`alphatrader.ports.MarketData` and :class:`alphatrader.ports.Broker`.

    Make it inside the running event loop; ``await connect()`` fails fast where the gateway is not there; ``run()``
    belongs into the caller's TaskGroup and keeps the link up until ``close()``. Without ``connect()``, ``run()``
    connects by itself and goes on trying.
    """

    def __init__(self, endpoint: Endpoint, settings: IbkrSettings, sink: EventSink, clock: Clock) -> None:
        marked = MarkedSink(sink)
        session = Session(endpoint, settings, load_library(settings.library), marked)
        taps: Taps = (RustTaps if settings.decoder == "rust" else MarketTaps)(
            marked, accepts_delayed=settings.accepts_delayed
        )
        streams = Streams(session, taps, marked)
        contracts = ContractBook(session)
        reports = OrderReports(marked, endpoint.client_id, self._poll_unknown_orders)
        snapshots = SnapshotPoller(session, reports)
        self._session = session
        self._taps = taps
        self._snapshots = snapshots
        self._market_data = Subscriptions(session, marked, taps, streams, contracts)
        self._orders = OrderSender(session, marked, clock, contracts, reports)
        self._poll_queued = False

        receivers = Receivers(session, taps, streams, reports, snapshots, AccountFigures(marked))
        session.callbacks = make_callbacks(receivers)
        session.message_ids = MESSAGE_IDS
        session.raw_handlers = {TICK_OPTION: taps.option_computation}
        session.new_reader = taps.reader
        session.on_chunk_end = self._chunk_end
        session.renew_streams = streams.renew_all
        session.start_requests = [
            lambda: lambda client: client.reqMarketDataType(settings.market_data_type),
            lambda: lambda client: client.reqAccountUpdates(True, session.account),
        ]

    # ------------------------------------------------------------------------------------------ life

    @property
    def account(self) -> str:
        """The account that is traded; empty before the first connection if none was configured."""
        return self._session.account

    @property
    def healthy(self) -> bool:
        """Whether orders may be sent and market data is complete."""
        return self._session.health.healthy

    async def connect(self) -> None:
        """Connect once. Raises LinkError or ConfigError, whose message says what to do."""
        await self._session.connect()

    async def run(self) -> None:
        """Keep the link up until :meth:`close`: reconnect with growing pauses, re-subscribe, watch for silence."""
        await self._session.run()

    async def close(self) -> None:
        """End the session. Orders at the broker stay as they are."""
        await self._session.close()

    # ------------------------------------------------------------------------------------------ MarketData

    async def subscribe_underlying(self, symbol: str, instrument_id: int) -> Instrument:
        """See :class:`alphatrader.ports.MarketData`; announce the instrument before the next await."""
        return await self._market_data.subscribe_underlying(symbol, instrument_id)

    async def history(self, instrument: Instrument, start_ns: int, end_ns: int, max_requests: int) -> int:
        """See :class:`alphatrader.ports.MarketData`."""
        return await self._market_data.history(instrument, start_ns, end_ns, max_requests)

    async def option_universe(self, underlying: Instrument) -> None:
        """See :class:`alphatrader.ports.MarketData`."""
        await self._market_data.option_universe(underlying)

    async def watch_options(self, keys: Sequence[OptionKey]) -> None:
        """See :class:`alphatrader.ports.MarketData`."""
        await self._market_data.watch_options(keys)

    async def resubscribe(self, instrument_id: int, stream: str) -> None:
        """See :class:`alphatrader.ports.MarketData`."""
        await self._market_data.resubscribe(instrument_id, stream)

    # ------------------------------------------------------------------------------------------ Broker

    async def submit(self, approved: RiskApproved[OrderIntent]) -> None:
        """See :class:`alphatrader.ports.Broker` and :meth:`OrderSender.submit`."""
        await self._orders.submit(approved)

    async def reprice(self, order_id: int, limit_price: Decimal) -> None:
        """See :class:`alphatrader.ports.Broker`."""
        await self._orders.reprice(order_id, limit_price)

    async def move_stop(self, order_id: int, stop_price: Decimal) -> None:
        """See :class:`alphatrader.ports.Broker`."""
        await self._orders.move_stop(order_id, stop_price)

    async def resize(self, order_id: int, quantity: int) -> None:
        """Change the quantity of a working order, as reprice changes its limit."""
        await self._orders.resize(order_id, quantity)

    async def cancel(self, order_id: int) -> None:
        """See :class:`alphatrader.ports.Broker`."""
        await self._orders.cancel(order_id)

    async def snapshot(self) -> BrokerSnapshot:
        """See :class:`alphatrader.ports.Broker`."""
        return await self._snapshots.take()

    # ------------------------------------------------------------------------------------------ inside

    def _chunk_end(self) -> None:
        seen = self._taps.quotes_seen
        self._taps.flush()
        if self._taps.quotes_seen != seen:
            self._session.on_quote()

    def _poll_unknown_orders(self) -> None:
        """A status named an order that we cannot describe: ask for all open orders, at most once every few seconds."""
        if not self._poll_queued:
            self._poll_queued = True
            self._session.renew_later(self._ask_open_orders)

    async def _ask_open_orders(self) -> None:
        try:
            # Through the poller, which alone counts end markers; what it hears of orders is posted on the way.
            await self._snapshots.take()
        finally:
            asyncio.get_running_loop().call_later(5, self._allow_poll)

    def _allow_poll(self) -> None:
        self._poll_queued = False
