"""The L1 lines that are open, by request and by contract, and what each was told last."""

from collections.abc import Iterator

from alphatrader.sim.gateway.polled_quotes import PolledLine
from alphatrader.sim.gateway.quote_messages import TickEncoder
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, Quote


class Line:
    """One client's subscription of one contract, and what it was told last."""

    __slots__ = (
        "contract",
        "encoder",
        "exchanges",
        "extras",
        "extras_due_s",
        "generic",
        "greeks",
        "greeks_due_s",
        "index",
        "last_computed",
        "quote",
        "quote_due_s",
        "req_id",
        "session",
        "told",
    )

    def __init__(
        self, session: Session, req_id: int, contract: ListedContract, generic: frozenset[str], *, greeks: bool
    ) -> None:
        self.session = session
        self.req_id = req_id
        self.contract = contract
        self.generic = generic
        self.greeks = greeks and contract.sec_type == "OPT"
        self.index = contract.sec_type == "IND"
        self.encoder = TickEncoder(req_id)
        self.quote: Quote | None = None
        self.told = (0.0, 0.0, 0.0)
        """Open, high and low."""
        self.exchanges = ("", "")
        self.extras: dict[int, float] = {}
        """Values of generic ticks by tick type."""
        self.last_computed = 0.0
        """The last price whose computation was sent."""
        self.quote_due_s = 0.0
        self.greeks_due_s = 0.0
        self.extras_due_s = 0.0


class Lines:
    """All open lines. Polled ones stand apart: nothing is pushed to them."""

    def __init__(self) -> None:
        self.by_contract: dict[int, dict[tuple[Session, int], Line]] = {}
        self.polled: dict[tuple[Session, int], PolledLine] = {}
        self._by_request: dict[tuple[Session, int], Line | PolledLine] = {}

    def __len__(self) -> int:
        return len(self._by_request)

    def __contains__(self, key: tuple[Session, int]) -> bool:
        return key in self._by_request

    def of(self, con_id: int) -> Iterator[Line]:
        """Go through the lines of a contract."""
        lines = self.by_contract.get(con_id)
        return iter(lines.values()) if lines else iter(())

    def add(self, line: Line | PolledLine) -> None:
        """Open a line."""
        key = line.session, line.req_id
        self._by_request[key] = line
        if isinstance(line, Line):
            self.by_contract.setdefault(line.contract.con_id, {})[key] = line
        else:
            self.polled[key] = line

    def remove(self, session: Session, req_id: int) -> bool:
        """Close a line; False if there is none."""
        key = session, req_id
        line = self._by_request.pop(key, None)
        if line is None:
            return False
        if isinstance(line, PolledLine):
            del self.polled[key]
            return True
        lines = self.by_contract[line.contract.con_id]
        del lines[key]
        if not lines:
            del self.by_contract[line.contract.con_id]
        return True

    def forget(self, session: Session) -> None:
        """Close all lines of a client."""
        for owner, req_id in [key for key in self._by_request if key[0] is session]:
            self.remove(owner, req_id)

    def watched(self) -> set[int]:
        """Contracts whose quotes are needed."""
        return set(self.by_contract).union(*(line.legs for line in self.polled.values()))
