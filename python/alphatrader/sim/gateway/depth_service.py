"""Depth subscriptions: insert, update and delete rows, from one state of the book to the next."""

from collections import defaultdict

from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.depth_rows import ASK_SIDE, BID_SIDE, DELETE, Row, row_operations
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import Depth, ListedContract, MarketUpdate
from alphatrader.sim.wire.data_requests import DepthRequest
from alphatrader.sim.wire.fields import message

MAX_DEPTH_SUBSCRIPTIONS = 3
MAX_ROWS = 60
DEFAULT_ROWS = 20
CONFLATION_S = 0.02

RESET_TEXT = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."


class DepthLine:
    """One client's book: what it holds after all that was sent."""

    __slots__ = ("asks", "bids", "contract", "due_s", "req_id", "rows", "session", "smart")

    def __init__(self, session: Session, request: DepthRequest, contract: ListedContract) -> None:
        self.session = session
        self.req_id = request.req_id
        self.contract = contract
        self.rows = min(request.rows, MAX_ROWS) if request.rows > 0 else DEFAULT_ROWS
        self.smart = request.smart
        self.bids: list[Row] = []
        self.asks: list[Row] = []
        self.due_s = 0.0


class DepthService:
    """Serves reqMktDepth for underlyings."""

    def __init__(self, contracts: ContractService, faults: FaultBoard) -> None:
        self._contracts = contracts
        self._faults = faults
        self._books: dict[int, Depth] = {}
        self._lines: dict[int, list[DepthLine]] = defaultdict(list)
        self._fresh: set[int] = set()

    def start(self, session: Session, request: DepthRequest) -> None:
        """Open a subscription and send the whole book."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        if contract.sec_type == "OPT":
            text = "Deep market data is not supported for this combination of security type/exchange"
            session.error(request.req_id, 10092, text)
            return
        open_lines = [line for lines in self._lines.values() for line in lines]
        if any(line.session is session and line.req_id == request.req_id for line in open_lines):
            session.error(request.req_id, 322, "Error processing request.-'xx' : cause - Duplicate ticker id")
            return
        if len(open_lines) >= MAX_DEPTH_SUBSCRIPTIONS:
            text = f"Max number ({MAX_DEPTH_SUBSCRIPTIONS}) of market depth requests has been reached"
            session.error(request.req_id, 309, text)
            return
        line = DepthLine(session, request, contract)
        self._lines[contract.con_id].append(line)
        if contract.con_id in self._books:
            self._fresh.add(contract.con_id)

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
        self._fresh.add(contract.con_id)

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Send the newest state of each book to the subscribers whose time has come."""
        for update in updates:
            if isinstance(update, Depth):
                self._books[update.con_id] = update
                self._fresh.add(update.con_id)
        self._fresh = {con_id for con_id in self._fresh if not self._send_book(con_id, now_s)}

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
        bids, asks = list(book.bids[: line.rows]), list(book.asks[: line.rows])
        out: list[bytes] = []
        for side, old, new in ((BID_SIDE, line.bids, bids), (ASK_SIDE, line.asks, asks)):
            for operation, position, (maker, price, size) in row_operations(old, new):
                shown = (0.0, 0.0) if operation == DELETE else (price, size)
                out.append(message(13, 1, line.req_id, position, maker, operation, side, *shown, line.smart))
        if out and not line.session.send_data(b"".join(out)):
            return False
        line.bids, line.asks, line.due_s = bids, asks, now_s + CONFLATION_S
        return True
