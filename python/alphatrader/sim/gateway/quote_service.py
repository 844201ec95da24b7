"""L1 lines: requests, snapshots, permissions, and what a new line is told at once."""

from collections.abc import Mapping

from msgspec import Struct

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.generic_ticks import illegal
from alphatrader.sim.gateway.permissions import Grant, grant
from alphatrader.sim.gateway.polled_quotes import ComboDesk, ComboLeg, DelayedDesk, PolledLine
from alphatrader.sim.gateway.quote_lines import Line, Lines
from alphatrader.sim.gateway.quote_messages import (
    DELAYED,
    DELAYED_TICKS,
    FROZEN,
    LIVE,
    TickEncoder,
)
from alphatrader.sim.gateway.quote_publisher import QuotePublisher
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.gateway.venues import bbo_exchange
from alphatrader.sim.login import Login
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import ListedContract, MarketUpdate, Phase, SimulatedMarket
from alphatrader.sim.wire.data_requests import MarketDataRequest
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.requests import Numbered

POLL_S = 0.25
"""Wall time between two looks at a combination; delayed lines are looked at every second."""
_DELAYED_POLL_S = 1.0
_NO_SNAPSHOT_TICKS = invalid("Snapshot market data subscription is not applicable to generic ticks")


class _Snapshot(Struct):
    """A snapshot that has been sent and not yet ended."""

    session: Session
    req_id: int
    end_s: float


class QuoteService:
    """Serves reqMktData. Call ``publish`` after each advance of the market."""

    def __init__(
        self,
        market: SimulatedMarket,
        contracts: ContractService,
        faults: FaultBoard,
        behaviours: Behaviours,
        login: Login,
        past: Past,
    ) -> None:
        self._market = market
        self._contracts = contracts
        self._behaviours = behaviours
        self._login = login
        self._lines = Lines()
        self._publisher = QuotePublisher(market, contracts, faults, self._lines, login.conflation_s, past)
        self._snapshots: list[_Snapshot] = []
        self._wanted_types: dict[Session, int] = {}

    @property
    def stats(self) -> Mapping[int, DayStats]:
        """What each contract has done in its session."""
        return self._publisher.stats

    def load_stats(self) -> None:
        """Sum up the session so far, so that day volume and VWAP start right. It takes a while: do it once."""
        self._publisher.load_stats()

    # ------------------------------------------------------------------------------------------------------- requests

    def choose_type(self, session: Session, request: Numbered) -> None:
        """Remember which data a client wants from now on: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen."""
        if not LIVE <= request.number <= 4:
            session.error(SERVER_SIDE, 321, invalid(f"Invalid market data type {request.number}"))
            return
        self._wanted_types[session] = request.number

    def start(self, session: Session, request: MarketDataRequest, now_s: float) -> None:
        """Open a line, or answer a snapshot."""
        wrong = illegal(request.generic_ticks, request.contract.sec_type or "STK")
        snapshot = request.snapshot or request.regulatory
        if wrong is not None or (snapshot and request.generic_ticks):
            session.error(request.req_id, 321, wrong or _NO_SNAPSHOT_TICKS)
            return
        if (session, request.req_id) in self._lines or self._find_snapshot(session, request.req_id):
            session.error(request.req_id, 322, "Error processing request.-'bN' : cause - Duplicate ticker id")
            return
        limit = int(self._behaviours.number("market_data_lines"))
        if not snapshot and len(self._lines) >= limit:
            session.error(request.req_id, 101, f"Max number of tickers has been reached : {limit}")
            return
        if request.contract.sec_type == "BAG":
            self._start_combination(session, request, now_s, snapshot=snapshot)
            return
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        closed = self._market.phase(contract.con_id) is Phase.CLOSED
        wanted = self._wanted_types.get(session, LIVE)
        granted = grant(self._login, wanted, contract, closed=closed, behaviours=self._behaviours)
        if granted.code:
            session.error(request.req_id, granted.code, granted.text)
        if granted.data_type:
            self._open(session, request, contract, granted, now_s, snapshot=snapshot, closed=closed)

    def _open(
        self,
        session: Session,
        request: MarketDataRequest,
        contract: ListedContract,
        granted: Grant,
        now_s: float,
        *,
        snapshot: bool,
        closed: bool,
    ) -> None:
        req_id = request.req_id
        session.send(message(81, req_id, contract.min_tick, bbo_exchange(contract), 3))
        session.send(message(58, 1, req_id, granted.data_type))
        if granted.data_type >= DELAYED:
            desk = DelayedDesk(self._market, contract)
            encoder = TickEncoder(req_id, DELAYED_TICKS)
            self._start_polled(PolledLine(session, req_id, contract, encoder, desk, _DELAYED_POLL_S), now_s, snapshot)
            return
        line = Line(session, req_id, contract, frozenset(request.generic_ticks), greeks=granted.greeks)
        absent = closed and granted.data_type != FROZEN and self._behaviours.on("closed_quotes_absent")
        self._publisher.send_present(line, now_s, sides=not absent)
        if snapshot:
            self._note_snapshot(session, req_id, now_s)
        else:
            self._lines.add(line)

    def _start_combination(self, session: Session, request: MarketDataRequest, now_s: float, *, snapshot: bool) -> None:
        legs = []
        for leg in request.contract.legs:
            contract = self._contracts.catalogue.listed(leg.con_id)
            if contract is None or leg.action not in {"BUY", "SELL"} or leg.ratio < 1:
                session.error(request.req_id, 321, invalid(f"Invalid combo leg {leg.con_id}"))
                return
            legs.append(ComboLeg(contract, leg.ratio if leg.action == "BUY" else -leg.ratio))
        if len(legs) < 2:
            session.error(request.req_id, 321, invalid("A combination has two legs at least"))
            return
        session.send(message(81, request.req_id, "0.01", "", 0))
        session.send(message(58, 1, request.req_id, LIVE))
        desk = ComboDesk(self._market, tuple(legs))
        encoder = TickEncoder(request.req_id)
        line = PolledLine(session, request.req_id, legs[0].contract, encoder, desk, POLL_S)
        self._start_polled(line, now_s, snapshot)

    def _start_polled(self, line: PolledLine, now_s: float, snapshot: bool) -> None:
        session = line.session
        session.send(b"".join(line.poll()))
        line.due_s = now_s + line.interval_s
        if snapshot:
            self._note_snapshot(session, line.req_id, now_s)
        else:
            self._lines.add(line)

    def stop(self, session: Session, req_id: int) -> None:
        """Close a line."""
        snapshot = self._find_snapshot(session, req_id)
        if snapshot is not None:
            self._snapshots.remove(snapshot)
        elif not self._lines.remove(session, req_id):
            session.error(req_id, 300, f"Can't find EId with tickerId:{req_id}")

    def forget(self, session: Session) -> None:
        """Close all lines of a client."""
        self._lines.forget(session)
        self._snapshots = [snapshot for snapshot in self._snapshots if snapshot.session is not session]

    def leave(self, session: Session) -> None:
        """Forget a client that has gone, its wishes too."""
        self.forget(session)
        self._wanted_types.pop(session, None)

    def watched(self) -> set[int]:
        """Contracts that somebody listens to."""
        return self._lines.watched()

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Send prints at once, quotes of the lines whose time has come, and the ends of snapshots."""
        self._publisher.publish(updates, now_s)
        if self._snapshots:
            for snapshot in [snapshot for snapshot in self._snapshots if snapshot.end_s <= now_s]:
                self._snapshots.remove(snapshot)
                snapshot.session.send(message(57, 1, snapshot.req_id))

    # ------------------------------------------------------------------------------------------------------- snapshots

    def _note_snapshot(self, session: Session, req_id: int, now_s: float) -> None:
        wait_s = self._behaviours.number("snapshot_end_s")
        if wait_s <= 0:
            session.send(message(57, 1, req_id))
        else:
            self._snapshots.append(_Snapshot(session, req_id, now_s + wait_s))

    def _find_snapshot(self, session: Session, req_id: int) -> _Snapshot | None:
        return next((each for each in self._snapshots if each.session is session and each.req_id == req_id), None)
