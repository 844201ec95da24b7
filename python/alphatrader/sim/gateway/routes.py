"""Which part of the gateway answers which request."""

from typing import TYPE_CHECKING

from alphatrader.sim.gateway.router import Handler, Router
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.wire import data_requests as data
from alphatrader.sim.wire import reference_requests as reference
from alphatrader.sim.wire import requests
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.exercise import ExerciseOptions
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.place_order import PlaceOrder

if TYPE_CHECKING:
    from alphatrader.sim.gateway.gateway import Gateway

_NS = 1_000_000_000
READ_ONLY = invalid("The API interface is currently in Read-Only mode.")


def build_router(gateway: "Gateway") -> Router:
    """Put the table of handlers together."""
    router = Router()
    _orders(router, gateway)
    _market_data(router, gateway)
    _reference(router, gateway)
    _account(router, gateway)
    _session(router, gateway)
    return router


def _orders(router: Router, gateway: "Gateway") -> None:
    orders, clock = gateway.orders, gateway.clock

    def guarded(handler: Handler) -> Handler:
        """Refuse in read-only mode; a real gateway refuses the lists of orders too."""

        def refuse(session: Session, request: object) -> None:
            session.error(getattr(request, "order_id", SERVER_SIDE), 321, READ_ONLY)

        return refuse if gateway.login.read_only else handler

    router.on(PlaceOrder, guarded(orders.place))
    router.on(requests.CancelOrder, guarded(lambda s, r: orders.cancel(s, r, clock.wall_s())))
    router.on(ExerciseOptions, guarded(orders.exercise))
    router.on(requests.ExecutionsRequest, orders.queries.executions)
    router.on_id(5, guarded(lambda s, _: orders.queries.open_orders(s, of_all_clients=False)))
    router.on_id(16, guarded(lambda s, _: orders.queries.open_orders(s, of_all_clients=True)))
    router.on_id(99, guarded(lambda s, r: orders.queries.completed_orders(s, api_only=bool(r.number))))
    router.on_id(15, guarded(orders.auto_bind))
    router.on_id(58, guarded(lambda _s, _r: orders.cancel_all()))


def _market_data(router: Router, gateway: "Gateway") -> None:
    quotes, depth, ticks, history = gateway.quotes, gateway.depth, gateway.ticks, gateway.history
    router.on(data.MarketDataRequest, lambda s, r: quotes.start(s, r, gateway.clock.wall_s()))
    router.on_id(2, lambda s, r: quotes.stop(s, r.number))
    router.on_id(59, quotes.choose_type)
    router.on(data.DepthRequest, depth.start)
    router.on_id(11, lambda s, r: depth.stop(s, r.number))
    router.on(data.TickByTickRequest, lambda s, r: ticks.start_ticks(s, r, gateway.past_ticks))
    router.on_id(98, lambda s, r: ticks.stop_ticks(s, r.number))
    router.on(data.RealTimeBarsRequest, ticks.start_bars)
    router.on_id(51, lambda s, r: ticks.stop_bars(s, r.number))
    router.on(data.HistoryRequest, lambda s, r: history.bars(s, r, gateway.clock.wall_s()))
    router.on(data.HistoricalTicksRequest, lambda s, r: gateway.past_ticks.ticks(s, r, gateway.clock.wall_s()))
    router.on(data.HistogramRequest, history.histogram)
    router.on_id(25, history.cancel)
    router.on(data.HeadTimestampRequest, history.head_timestamp)
    router.on(data.CalculationRequest, gateway.calculations.calculate)
    # Calculations and head timestamps are answered at once; there is nothing left to cancel.
    for message_id in (56, 57, 89, 90):
        router.on_id(message_id, _nothing)


def _reference(router: Router, gateway: "Gateway") -> None:
    contracts, other, scanner = gateway.contracts, gateway.reference, gateway.scanner
    router.on(reference.ContractDetailsRequest, contracts.details)
    router.on(reference.OptionParametersRequest, contracts.option_parameters)
    router.on(reference.SymbolSearch, contracts.search)
    router.on_id(91, contracts.market_rule)
    router.on_id(82, lambda s, _: contracts.depth_exchanges(s))
    router.on(reference.ScannerRequest, lambda s, r: scanner.start(s, r, gateway.clock.wall_s()))
    router.on_id(23, scanner.stop)
    router.on_id(24, lambda s, _: scanner.parameters(s))
    router.on(reference.SmartComponentsRequest, other.smart_components)
    router.on(reference.GroupRequest, other.group)
    router.on(reference.Unserved, other.refuse)
    router.on_id(67, other.list_groups)
    router.on_id(70, other.leave_group)
    router.on_id(79, other.soft_dollar_tiers)
    router.on_id(80, other.family_codes)
    router.on_id(85, other.news_providers)
    router.on_id(104, other.user_info)
    # Cancels of what was refused, and bulletins, of which there are none.
    for message_id in (12, 13, 53, 101, 103):
        router.on_id(message_id, _nothing)


def _account(router: Router, gateway: "Gateway") -> None:
    accounts = gateway.accounts
    router.on(requests.AccountUpdatesRequest, accounts.updates)
    router.on(requests.AccountUpdatesMultiRequest, accounts.updates_multi)
    router.on(requests.AccountSummaryRequest, accounts.summary)
    router.on(requests.PnlRequest, accounts.pnl)
    router.on(requests.PositionsMultiRequest, accounts.positions_multi)
    router.on_id(61, lambda s, _: accounts.positions(s))
    router.on_id(64, lambda s, _: accounts.stop_positions(s))
    for message_id in (63, 75, 77, 93, 95):
        router.on_id(message_id, lambda s, r: accounts.stop(s, r.number))


def _session(router: Router, gateway: "Gateway") -> None:
    router.on_id(8, lambda s, _: gateway.send_next_id(s))
    router.on_id(14, gateway.reference.set_log_level)
    router.on_id(17, lambda s, _: s.send(message(15, 1, gateway.account_id)))
    router.on_id(49, lambda s, _: s.send(message(49, 1, gateway.market_now_ns() // _NS)))


def _nothing(session: Session, request: object) -> None:
    """Take a request that has no effect and no answer."""
    del session, request
