"""Depth subscriptions: insert, update and delete rows, from one state of the book to the next."""

from collections import defaultdict

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.depth_rows import ASK_SIDE, BID_SIDE, DELETE, Row, row_operations
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.login import Login
from alphatrader.sim.market.profiles import VENUES
from alphatrader.sim.market.types import Depth, Halt, ListedContract, MarketUpdate
from alphatrader.sim.wire.data_requests import DepthRequest
from alphatrader.sim.wire.fields import message

MAX_ROWS = 60
DEFAULT_ROWS = 20
CONFLATION_S = 0.02
BY_MARKET_MAKER = frozenset({"NASDAQ", "ISLAND"})
"""Exchanges whose own book names market makers (message 13); the others show sizes by price alone (12)."""

RESET_TEXT = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."
HALTED_TEXT = "Market depth data has been HALTED. Please re-subscribe."
_UNSUPPORTED = "Deep market data is not supported for this combination of security type/exchange"
_NOT_SUBSCRIBED = "Requested market data is not subscribed.Error&BEST/STK/DEEP&BEST/STK/DEEP"


class DepthLine:
    """One client's book: what it holds after all that was sent. ``venue`` is empty for the smart book of all."""

    __slots__ = ("asks", "bids", "contract", "due_s", "req_id", "rows", "session", "venue")

    def __init__(self, session: Session, request: DepthRequest, contract: ListedContract, venue: str) -> None:
        self.session = session
        self.req_id = request.req_id
        self.contract = contract
        self.rows = min(request.rows, MAX_ROWS) if request.rows > 0 else DEFAULT_ROWS
        self.venue = venue
        self.bids: list[Row] = []
        self.asks: list[Row] = []
        self.due_s = 0.0

    def shown(self, rows: tuple[Row, ...]) -> list[Row]:
        """Return what this line shows of a side of the book."""
        own = [row for row in rows if row[0] == self.venue] if self.venue else rows
        return list(own[: self.rows])

    def encode(self, position: int, maker: str, operation: int, side: int, price: float, size: float) -> bytes:
        """Write one step: 13 with the market maker, 12 without."""
        if self.venue and self.venue not in BY_MARKET_MAKER:
            return message(12, 1, self.req_id, position, operation, side, price, size)
        return message(13, 1, self.req_id, position, maker, operation, side, price, size, not self.venue)


class DepthService:
    """Serves reqMktDepth for stocks."""

    def __init__(self, contracts: ContractService, faults: FaultBoard, behaviours: Behaviours, login: Login) -> None:
        self._contracts = contracts
        self._faults = faults
        self._behaviours = behaviours
        self._login = login
        self._books: dict[int, Depth] = {}
        self._lines: dict[int, list[DepthLine]] = defaultdict(list)
        self._fresh: dict[int, None] = {}

    def start(self, session: Session, request: DepthRequest) -> None:
        """Open a subscription and send the whole book."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        open_lines = [line for lines in self._lines.values() for line in lines]
        if any(line.session is session and line.req_id == request.req_id for line in open_lines):
            session.error(request.req_id, 322, "Error processing request.-'bN' : cause - Duplicate ticker id")
            return
        routed = request.contract.exchange in {"", "SMART"}
        venue = "" if routed else {"ISLAND": "NASDAQ"}.get(request.contract.exchange, request.contract.exchange)
        flagless = routed and not request.smart and self._behaviours.on("smart_depth_needs_flag")
        if contract.sec_type != "STK" or flagless or (venue and venue not in VENUES):
            session.error(request.req_id, 10092, _UNSUPPORTED)
            return
        if "depth" not in self._login.feeds:
            session.error(request.req_id, 354, _NOT_SUBSCRIBED)
            return
        limit = int(self._behaviours.number("depth_limit"))
        if len(open_lines) >= limit:
            session.error(request.req_id, 309, f"Max number ({limit}) of market depth requests has been reached")
            return
        if not venue and self._behaviours.on("depth_exchange_notice"):
            session.error(request.req_id, 2152, f"Exchanges - Depth: {'; '.join(VENUES)}; Top: ")
        self._lines[contract.con_id].append(DepthLine(session, request, contract, venue))
        if contract.con_id in self._books:
            self._fresh[contract.con_id] = None

    def stop(self, session: Session, req_id: int) -> None:
        """Close a subscription."""
        for lines in self._lines.values():
            for line in lines:
                if line.session is session and line.req_id == req_id:
                    lines.remove(line)
                    return
        session.error(req_id, 310, f"Can't find the subscribed market depth with tickerId:{req_id}")

    def forget(self, session: Session) -> None:
        """Close all subscriptions of a client."""
        for lines in self._lines.values():
            lines[:] = [line for line in lines if line.session is not session]

    def reset(self, contract: ListedContract) -> None:
        """Void the books of a contract's subscribers (317), and send them anew."""
        for line in self._lines.get(contract.con_id, ()):
            line.session.error(line.req_id, 317, RESET_TEXT)
            line.bids, line.asks = [], []
        self._fresh[contract.con_id] = None

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Send the newest state of each book to the subscribers whose time has come."""
        for update in updates:
            if isinstance(update, Depth):
                self._books[update.con_id] = update
                self._fresh[update.con_id] = None
            elif isinstance(update, Halt) and update.halted:
                for line in self._lines.pop(update.con_id, ()):
                    line.session.error(line.req_id, 316, HALTED_TEXT)
        self._fresh = {con_id: None for con_id in self._fresh if not self._send_book(con_id, now_s)}

    def _send_book(self, con_id: int, now_s: float) -> bool:
        """Update the subscribers of a book; return whether none is left waiting."""
        book = self._books.get(con_id)
        if book is None:
            return True
        complete = True
        for line in self._lines.get(con_id, ()):
            due = now_s >= line.due_s and not self._faults.muted(line.contract, "depth")
            complete &= due and self._send(line, book, now_s)
        return complete

    def _send(self, line: DepthLine, book: Depth, now_s: float) -> bool:
        bids, asks = line.shown(book.bids), line.shown(book.asks)
        out: list[bytes] = []
        for side, old, new in ((BID_SIDE, line.bids, bids), (ASK_SIDE, line.asks, asks)):
            for operation, position, (maker, price, size) in row_operations(old, new):
                shown = (0.0, 0.0) if operation == DELETE else (price, size)
                out.append(line.encode(position, maker, operation, side, *shown))
        if out and not line.session.send_data(b"".join(out)):
            return False
        line.bids, line.asks, line.due_s = bids, asks, now_s + CONFLATION_S
        return True
