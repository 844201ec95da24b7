"""Where effects happen: the gateway, its board of faults, its door, and the run's seeded randomness."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.faults.kinds import ContractChoice, Fault
from alphatrader.sim.faults.lines import Line
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.requests import CancelOrder, Numbered, Request

_NUMBER_IS_NO_ID = frozenset({8, 14, 15, 59, 99})
"""Requests whose number is a switch, not the id of an answer."""

Effect = Callable[[Any], None]
Effects = dict[type[Fault], Effect]


class Door(Protocol):
    """The listening socket."""

    def close(self, for_s: float) -> None:
        """Refuse connections for a time."""
        ...

    def open(self) -> None:
        """Accept connections again."""
        ...


class Stage:
    """What every effect needs."""

    def __init__(self, gateway: Gateway, door: Door, random: Random) -> None:
        self.gateway = gateway
        self.board: FaultBoard = gateway.faults
        self.door = door
        self.random = random

    def sessions(self, client_id: int | None = None) -> list[Session]:
        """Return all clients, or the one of an id."""
        sessions = self.gateway.sessions
        return [session for known_id, session in sessions.items() if client_id in {None, known_id}]

    def tell_all(self, code: int, text: str) -> None:
        """Send every client a notice that belongs to no request."""
        for session in self.sessions():
            session.error(SERVER_SIDE, code, text)

    def answer_later(self, session: Session, request: Request, by_s: float) -> None:
        """Answer a request ``by_s`` from now, if its client is still there."""

        def answer() -> None:
            if session.ready:
                self.board.lines.note(session, request)
                self.gateway.answer(session, request)

        self.board.schedule.later(by_s, answer)

    def check(self, choice: ContractChoice) -> None:
        """Check that what is named is listed. Raises ConfigError."""
        self.check_named(choice.symbol, choice.con_id, needed=False)

    def check_named(self, symbol: str, con_id: int, *, needed: bool = True) -> None:
        """Check that a symbol or contract is listed. Raises ConfigError."""
        catalogue = self.gateway.contracts.catalogue
        if con_id and con_id not in catalogue.by_con_id:
            raise ConfigError(f"no contract has con_id {con_id}")
        if symbol and all(contract.symbol != symbol for contract in catalogue.underlyings()):
            raise ConfigError(f"no underlying {symbol!r} is listed")
        if needed and not con_id and not symbol:
            raise ConfigError("name a symbol or a con_id")

    def contract(self, line: Line) -> ListedContract | None:
        """Return the contract of a stream, None if its description fits none or several."""
        found = self.gateway.contracts.catalogue.find(line.contract)
        return found[0] if len(found) == 1 else None

    def chosen(self, choice: ContractChoice, line: Line | None) -> bool:
        """Whether a stream is of the contracts that are chosen."""
        if line is None:
            return False
        if not choice.symbol and not choice.con_id:
            return True
        contract = self.contract(line)
        return contract is not None and fits(choice, contract)

    def lines(self, choice: ContractChoice, kind: str = "") -> list[Line]:
        """Return the streams of the contracts that are chosen, of one kind or all."""
        return [line for line in self.board.lines.all() if kind in {"", line.kind} and self.chosen(choice, line)]


def fits(choice: ContractChoice, contract: ListedContract) -> bool:
    """Whether a contract is chosen."""
    if not choice.symbol and not choice.con_id:
        return True
    by_symbol = contract.symbol == choice.symbol and (choice.options or contract.sec_type != "OPT")
    return by_symbol or contract.con_id == choice.con_id


def client_of(session: Session) -> int:
    """Return a session's client id."""
    return SERVER_SIDE if session.client_id is None else session.client_id


def request_id(request: Request) -> int:
    """Return the id under which a request is answered; -1 for requests without one."""
    if isinstance(request, PlaceOrder | CancelOrder):
        return request.order_id
    if isinstance(request, Numbered) and request.message_id in _NUMBER_IS_NO_ID:
        return SERVER_SIDE
    number: int = getattr(request, "req_id", getattr(request, "number", SERVER_SIDE))
    return number


def is_reply(session: Session) -> bool:
    """Whether what is sent now answers a question, rather than tells of something that happened."""
    return session.answering is not None and not isinstance(session.answering, PlaceOrder | CancelOrder)
