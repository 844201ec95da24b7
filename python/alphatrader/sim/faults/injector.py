"""Carries out faults on a running gateway."""

from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.alphavantage.faults import AlphaVantageFaults
from alphatrader.sim.faults import kinds
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.gateway.session import SERVER_SIDE, Session

log = structlog.get_logger("alphatrader.sim.faults")

_LOST_TEXT = "Connectivity between IBKR and Trader Workstation has been lost."
_RESTORED_LOST_TEXT = "Connectivity between IBKR and Trader Workstation has been restored - data lost."
_RESTORED_TEXT = (
    "Connectivity between IBKR and Trader Workstation has been restored - data maintained. "
    "All data farms are connected: usfarm; ushmds; secdefnj."
)


def read_fault(raw: Any) -> kinds.AnyFault:
    """Check a fault written in JSON or YAML. Raises ConfigError, which names the field."""
    try:
        fault: kinds.AnyFault = msgspec.convert(raw, kinds.AnyFault)
    except msgspec.ValidationError as error:
        raise ConfigError(f"not a fault: {error}") from None
    return fault


class FaultInjector:
    """Applies faults. ``close_door`` stops the listening socket for a number of wall seconds."""

    def __init__(self, gateway: Gateway, close_door: Callable[[float], None], alphavantage: AlphaVantageFaults) -> None:
        self._gateway = gateway
        self._board = gateway.faults
        self._close_door = close_door
        self._outage_ends: list[tuple[float, bool]] = []
        board = self._board
        self._actions: dict[type, Callable[[Any], None]] = {
            kinds.DropLink: self._drop_link,
            kinds.FreezeLink: lambda fault: board.freeze(fault.for_s),
            kinds.Mute: self._mute,
            kinds.Unmute: board.unmute,
            kinds.RejectNext: board.add_rejection,
            kinds.SwallowNext: board.add_swallow,
            kinds.WarnNext: board.add_warning,
            kinds.Delay: board.add_delay,
            kinds.DuplicateStatuses: lambda fault: board.duplicate(fault.for_s),
            kinds.SendError: self._send_error,
            kinds.WithholdEnd: lambda fault: board.withhold(fault.what, fault.count),
            kinds.LowerNextValidId: lambda fault: board.lower_ids(fault.by),
            kinds.HoldFills: lambda fault: board.hold_fills(fault.for_s),
            kinds.ResetDepth: lambda fault: self._reset_depth(fault.symbol),
            kinds.ServerOutage: self._start_outage,
            kinds.AlphaVantage: lambda fault: alphavantage.set_fault(fault.what, fault.count),
            kinds.Clear: lambda _: board.clear(),
        }

    def apply(self, fault: kinds.AnyFault) -> None:
        """Carry out a fault now. Raises ConfigError for a symbol that is not listed."""
        log.warning("SIMULATED fault", fault=msgspec.to_builtins(fault))
        self._actions[type(fault)](fault)

    def tick(self) -> None:
        """End outages whose time is over. Call it in each round."""
        now_s = self._gateway.wall_s()
        for end_s, data_lost in [outage for outage in self._outage_ends if outage[0] <= now_s]:
            self._outage_ends.remove((end_s, data_lost))
            self._end_outage(data_lost=data_lost)

    def _sessions(self, client_id: int | None = None) -> list[Session]:
        sessions = self._gateway.sessions
        return [session for known_id, session in sessions.items() if client_id in {None, known_id}]

    def _mute(self, fault: kinds.Mute) -> None:
        self._check_named(fault.symbol, fault.con_id)
        self._board.mute(fault)

    def _drop_link(self, fault: kinds.DropLink) -> None:
        if fault.refuse_for_s > 0:
            self._close_door(fault.refuse_for_s)
        if fault.client_id is None:
            self._gateway.abort_all()
        else:
            for session in self._sessions(fault.client_id):
                session.abort()

    def _send_error(self, fault: kinds.SendError) -> None:
        for session in self._sessions(fault.client_id):
            if fault.req_id == "last_order":
                req_id = self._gateway.orders.last_order_id.get(_client(session), SERVER_SIDE)
            else:
                req_id = fault.req_id
            session.error(req_id, fault.code, fault.text)
            session.flush()

    def _start_outage(self, fault: kinds.ServerOutage) -> None:
        for session in self._sessions():
            session.error(SERVER_SIDE, 1100, _LOST_TEXT)
            session.flush()
        self._board.silence(fault.for_s)
        self._outage_ends.append((self._gateway.wall_s() + fault.for_s, fault.data_lost))

    def _end_outage(self, *, data_lost: bool) -> None:
        for session in self._sessions():
            if data_lost:
                self._gateway.drop_subscriptions(session)
                session.error(SERVER_SIDE, 1101, _RESTORED_LOST_TEXT)
            else:
                session.error(SERVER_SIDE, 1102, _RESTORED_TEXT)

    def _reset_depth(self, symbol: str) -> None:
        self._check_named(symbol, 0)
        for contract in self._gateway.contracts.catalogue.underlyings():
            if contract.symbol == symbol:
                self._gateway.depth.reset(contract)

    def _check_named(self, symbol: str, con_id: int) -> None:
        catalogue = self._gateway.contracts.catalogue
        if con_id and con_id not in catalogue.by_con_id:
            raise ConfigError(f"no contract has con_id {con_id}")
        if symbol and all(contract.symbol != symbol for contract in catalogue.underlyings()):
            raise ConfigError(f"no underlying {symbol!r} is listed")
        if not con_id and not symbol:
            raise ConfigError("name a symbol or a con_id")


def _client(session: Session) -> int:
    return SERVER_SIDE if session.client_id is None else session.client_id
