"""What the control channel does to a running simulator."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.clock import SimClock
from alphatrader.sim.control import requests as ask
from alphatrader.sim.control.answers import (
    Answer,
    BehavioursAnswer,
    ClockAnswer,
    Done,
    HeldPosition,
    LiveOrder,
    PlacedAnswer,
    StatusAnswer,
)
from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.faults.kinds import AnyFault, Login
from alphatrader.sim.faults.scenarios import Scenarios
from alphatrader.sim.faults.timeline import find_scenario, load_timeline, read_time_of_day
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.order_terms import WireTerms
from alphatrader.sim.wire.times import eastern

_NS = 1_000_000_000
_LONGEST_ADVANCE_NS = 31 * 86_400 * _NS


class Controlled(Protocol):
    """A simulator, as the control channel knows it."""

    clock: SimClock
    market: SimulatedMarket
    gateway: Gateway
    scenarios: Scenarios

    @property
    def seed(self) -> int:
        """What its randomness comes from."""
        ...

    @property
    def listening(self) -> bool:
        """Whether clients may connect."""
        ...

    def apply_fault(self, fault: AnyFault) -> None:
        """Inject a fault. Raises ConfigError."""
        ...

    def advance(self, market_ns: int) -> Awaitable[None]:
        """Run the market ahead by a span of its own time."""
        ...

    def stop(self) -> None:
        """End the simulator."""
        ...


class Operations:
    """Carries requests out. Raises ConfigError for what cannot be done."""

    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator
        self._by_type: dict[type, Callable[..., Answer]] = {
            ask.Clock: lambda _: self.clock(),
            ask.Status: lambda _: self.status(),
            ask.Pause: self._pause,
            ask.Resume: self._resume,
            ask.Speed: self._set_speed,
            ask.RunScenario: self._run_scenario,
            ask.Login: lambda _: self._apply(Login()),
            ask.PlaceByHand: self._place,
            ask.CancelByHand: self._cancel,
            ask.Exercise: self._exercise,
            ask.ListBehaviours: lambda _: BehavioursAnswer(dict(simulator.gateway.behaviours)),
            ask.Shutdown: self._shut_down,
        }

    async def carry_out(self, request: ask.AnyRequest) -> Answer:
        """Carry out any request but a fault."""
        if isinstance(request, ask.Advance):
            await self._simulator.advance(self._span_ns(request))
            return self.clock()
        return self._by_type[type(request)](request)

    def inject(self, raw: ask.Raw) -> Answer:
        """Inject a fault by its fields."""
        return self._apply(read_fault(raw))

    def clock(self) -> ClockAnswer:
        """Market time now."""
        market, clock = self._simulator.market, self._simulator.clock
        return ClockAnswer(
            market_ns=clock.now_ns(),
            speed=clock.speed,
            paused=clock.paused,
            session_date=market.session_date,
            open_ns=market.open_ns,
            close_ns=market.close_ns,
            label=market.label,
            seed=self._simulator.seed,
        )

    def status(self) -> StatusAnswer:
        """Account, orders and clients now."""
        gateway, market = self._simulator.gateway, self._simulator.market
        exchange = gateway.exchange
        held = [
            (position, contract)
            for position in exchange.account.positions.values()
            if position.quantity and (contract := exchange.contract(position.con_id)) is not None
        ]
        return StatusAnswer(
            label=market.label,
            market_ns=market.now_ns,
            cash=exchange.account.cash,
            net_liquidation=exchange.figures().net_liquidation,
            positions=[
                HeldPosition(
                    con_id=position.con_id,
                    symbol=contract.symbol,
                    local_symbol=contract.local_symbol,
                    quantity=position.quantity,
                    average_cost=position.average_cost,
                )
                for position, contract in held
            ],
            open_orders=[
                LiveOrder(
                    client_id=order.client_id,
                    order_id=order.order_id,
                    perm_id=order.perm_id,
                    con_id=order.con_id,
                    side=order.side,
                    quantity=order.quantity,
                    filled=order.filled,
                    order_type=order.order_type,
                    status=order.status.value,
                    order_ref=order.order_ref,
                )
                for order in exchange.registry.live()
            ],
            executions=len(exchange.executions),
            clients=sorted(gateway.sessions),
            listening=self._simulator.listening,
            steps_to_come=self._simulator.scenarios.left,
        )

    # ----------------------------------------------------------------------------------------------------------- parts

    def _apply(self, fault: AnyFault) -> Answer:
        self._simulator.apply_fault(fault)
        return Done()

    def _pause(self, request: ask.Pause) -> Answer:
        del request
        self._simulator.clock.pause()
        return self.clock()

    def _resume(self, request: ask.Resume) -> Answer:
        del request
        self._simulator.clock.resume()
        return self.clock()

    def _set_speed(self, request: ask.Speed) -> Answer:
        self._simulator.clock.set_speed(request.speed)
        return self.clock()

    def _run_scenario(self, request: ask.RunScenario) -> Answer:
        path = find_scenario(request.name)
        if path is None:
            self._simulator.scenarios.stop()
        else:
            self._simulator.scenarios.start(load_timeline(path, request.parameters))
        return Done()

    def _place(self, request: ask.PlaceByHand) -> Answer:
        terms = WireTerms(
            action=request.side,
            quantity=Decimal(request.quantity),
            order_type=request.order_type,
            limit_price=request.limit_price,
            aux_price=request.aux_price,
            tif=request.tif,
        )
        gateway = self._simulator.gateway
        order = gateway.orders.place_manual(self._contract(request).con_id, terms)
        gateway.settle()
        return PlacedAnswer(order.order_id, order.perm_id)

    def _cancel(self, request: ask.CancelByHand) -> Answer:
        gateway = self._simulator.gateway
        order = gateway.exchange.registry.by_perm_id(request.perm_id)
        if order is None or order.done:
            raise ConfigError(f"no live order has the permanent id {request.perm_id}")
        gateway.orders.cancel_order(order, gateway.wall_s())
        gateway.settle()
        return Done()

    def _exercise(self, request: ask.Exercise) -> Answer:
        gateway = self._simulator.gateway
        refusal = gateway.exchange.exercise(
            request.con_id, request.quantity, exercise=not request.lapse, override=request.override
        )
        if refusal is not None:
            raise ConfigError(f"the wish was refused: {refusal.text} ({refusal.code})")
        gateway.settle()
        return Done()

    def _contract(self, request: ask.PlaceByHand) -> ListedContract:
        catalogue = self._simulator.gateway.contracts.catalogue
        for contract in catalogue.by_con_id.values():
            if contract.con_id == request.con_id or contract.local_symbol == request.local_symbol != "":
                return contract
        raise ConfigError(f"no contract is listed as {request.con_id or request.local_symbol!r}")

    def _shut_down(self, request: ask.Shutdown) -> Answer:
        del request
        self._simulator.stop()
        return Done()

    def _span_ns(self, request: ask.Advance) -> int:
        if (request.seconds is None) == (request.to is None):
            raise ConfigError("advance takes one of seconds and to")
        if request.seconds is not None:
            return int(request.seconds * _NS)
        assert request.to is not None
        now_ns = self._simulator.clock.now_ns()
        target_ns = self._target_ns(request.to, request.date)
        if target_ns < now_ns:
            when = f"{request.to} of {request.date}" if request.date else f"{request.to}"
            where = "" if request.date else " in this session"
            raise ConfigError(f"{when} has passed{where} (it is {eastern(now_ns):%Y-%m-%d %H:%M:%S})")
        if target_ns - now_ns > _LONGEST_ADVANCE_NS:
            raise ConfigError(f"{request.date} is more than a month ahead: go there in shorter steps")
        return target_ns - now_ns

    def _target_ns(self, to: str, date: str | None) -> int:
        """Return the instant of a time of day in New York, of the running session or of a date."""
        day = eastern(self._simulator.market.open_ns)
        try:
            of_date = datetime.fromisoformat(date).date() if date else day.date()
        except ValueError as error:
            raise ConfigError(f"there is no date {date}") from error
        return int(datetime.combine(of_date, read_time_of_day(to), day.tzinfo).timestamp()) * _NS
