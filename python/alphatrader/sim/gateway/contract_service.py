"""Answers questions about contracts, and resolves the descriptions in all other requests."""

from alphatrader.sim.gateway.catalogue import Catalogue
from alphatrader.sim.gateway.contract_messages import (
    contract_details,
    depth_exchanges,
    market_rule,
    option_parameters,
    symbol_samples,
)
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.queries import ContractQuery
from alphatrader.sim.wire.reference_requests import ContractDetailsRequest, OptionParametersRequest, SymbolSearch
from alphatrader.sim.wire.requests import Numbered

NO_DEFINITION = "No security definition has been found for the request"
MAX_SAMPLES = 16


class ContractService:
    """Security definitions."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self.catalogue = Catalogue(market.contracts())

    def resolve(self, session: Session, req_id: int, query: ContractQuery) -> ListedContract | None:
        """Return the one contract that fits; otherwise send error 200 and return None."""
        found = self.catalogue.find(query)
        if len(found) == 1:
            return found[0]
        text = (
            f"The contract description specified for {query.symbol} is ambiguous; "
            "you must specify the multiplier or trading class."
            if found
            else NO_DEFINITION
        )
        session.error(req_id, 200, text)
        return None

    def details(self, session: Session, request: ContractDetailsRequest) -> None:
        """Send every contract that fits."""
        found = self.catalogue.find(request.contract)
        if not found:
            session.error(request.req_id, 200, NO_DEFINITION)
            return
        for contract in found:
            underlying = self.catalogue.by_con_id.get(contract.underlying_con_id)
            session.send(
                contract_details(
                    request.req_id,
                    contract,
                    underlying,
                    self._market.open_ns,
                    self._market.close_ns,
                    session.version,
                )
            )
        session.send(message(52, 1, request.req_id))

    def option_parameters(self, session: Session, request: OptionParametersRequest) -> None:
        """Send expiries and strikes, once for each exchange."""
        underlying = self.catalogue.by_con_id.get(request.con_id)
        if underlying is None or underlying.symbol != request.symbol:
            session.error(request.req_id, 200, NO_DEFINITION)
            return
        for series in self.catalogue.option_series(request.symbol):
            for exchange in ("SMART", "CBOE", "ISE"):
                session.send(option_parameters(request.req_id, exchange, underlying.con_id, series))
        session.send(message(76, request.req_id))

    def search(self, session: Session, request: SymbolSearch) -> None:
        """Send symbols that begin like the pattern, or whose name holds it."""
        pattern = request.pattern.upper()
        matches = [
            contract
            for contract in self.catalogue.underlyings()
            if contract.symbol.startswith(pattern) or pattern in contract.long_name.upper()
        ]
        session.send(symbol_samples(request.req_id, matches[:MAX_SAMPLES], session.version))

    def market_rule(self, session: Session, request: Numbered) -> None:
        """Send price increments."""
        answer = market_rule(request.number)
        if answer is None:
            session.error(-1, 321, f"Error validating request.-'xx' : cause - Invalid market rule {request.number}")
            return
        session.send(answer)

    def depth_exchanges(self, session: Session) -> None:
        """Send where depth is offered."""
        session.send(depth_exchanges())
