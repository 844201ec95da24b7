"""Market scanners: the underlyings that lead by change or volume, now and every half minute (19, 20)."""

from collections.abc import Callable

from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.reference_requests import ScannerRequest
from alphatrader.sim.wire.requests import Numbered

REFRESH_S = 30.0
MAX_ROWS = 50

SCANS = ("TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE")

_HMDS = "Historical Market Data Service error message:"
_PARAMETERS = (
    '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse><InstrumentList><Instrument><name>US Stocks</name>'
    "<type>STK</type></Instrument></InstrumentList><LocationTree><Location><displayName>US Stocks</displayName>"
    "<locationCode>STK.US</locationCode></Location></LocationTree><ScanTypeList>"
    + "".join(f"<ScanType><scanCode>{code}</scanCode><instruments>STK</instruments></ScanType>" for code in SCANS)
    + "</ScanTypeList></ScanParameterResponse>"
)


class ScannerService:
    """Serves scanner subscriptions over what is listed."""

    def __init__(self, market: SimulatedMarket, contracts: ContractService) -> None:
        self._market = market
        self._contracts = contracts
        self._open: dict[tuple[Session, int], tuple[ScannerRequest, float]] = {}
        self._measures: dict[str, Callable[[ListedContract], float]] = {
            "TOP_PERC_GAIN": self._change,
            "TOP_PERC_LOSE": lambda contract: -self._change(contract),
            "MOST_ACTIVE": lambda contract: self._market.quote(contract.con_id).volume,
        }

    def parameters(self, session: Session) -> None:
        """19: what can be scanned, as XML."""
        session.send(message(19, 1, _PARAMETERS))

    def start(self, session: Session, request: ScannerRequest, now_s: float) -> None:
        """Open a subscription and send its first table."""
        if request.scan_code not in self._measures or not request.location.startswith("STK"):
            session.error(request.req_id, 162, f"{_HMDS}Scanner type with code {request.scan_code} is disabled")
            return
        self._open[session, request.req_id] = (request, now_s + REFRESH_S)
        self._send(session, request)

    def stop(self, session: Session, request: Numbered) -> None:
        """Close a subscription; real gateways confirm it by an error."""
        if self._open.pop((session, request.number), None) is None:
            session.error(request.number, 162, f"{_HMDS}No scanner subscription found for ticker id:{request.number}")
            return
        session.error(request.number, 162, f"{_HMDS}API scanner subscription cancelled: {request.number}")

    def forget(self, session: Session) -> None:
        """Close all subscriptions of a client."""
        for key in [key for key in self._open if key[0] is session]:
            del self._open[key]

    def publish(self, now_s: float) -> None:
        """Send the tables whose time has come."""
        for key, (request, due_s) in self._open.items():
            if now_s >= due_s:
                self._open[key] = (request, now_s + REFRESH_S)
                self._send(key[0], request)

    def _send(self, session: Session, request: ScannerRequest) -> None:
        measure = self._measures[request.scan_code]
        chosen = [contract for contract in self._contracts.catalogue.underlyings() if self._passes(request, contract)]
        chosen.sort(key=lambda contract: (-measure(contract), contract.symbol))
        rows = chosen[: request.rows if 0 < request.rows <= MAX_ROWS else MAX_ROWS]
        fields: list[FieldValue] = []
        for rank, contract in enumerate(rows):
            fields += [rank, contract.con_id, contract.symbol, contract.sec_type, "", 0, "", contract.exchange]
            fields += [contract.currency, contract.local_symbol, contract.trading_class, contract.trading_class]
            fields += ["", "", "", ""]  # distance, benchmark, projection, legs
        session.send(message(20, 3, request.req_id, len(rows), *fields))

    def _passes(self, request: ScannerRequest, contract: ListedContract) -> bool:
        quote = self._market.quote(contract.con_id)
        return (
            contract.sec_type == "STK"
            and quote.last >= request.above_price
            and (not request.below_price or quote.last <= request.below_price)
            and quote.volume >= request.above_volume
        )

    def _change(self, contract: ListedContract) -> float:
        before = self._market.previous_close(contract.symbol)
        return self._market.quote(contract.con_id).last / before - 1.0 if before else 0.0
