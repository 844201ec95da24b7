"""Answers questions about contracts, and resolves the descriptions in all other requests."""

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.gateway.catalogue import Catalogue
from alphatrader.sim.gateway.contract_messages import (
    Facts,
    contract_details,
    depth_exchanges,
    isin,
    market_rule,
    option_parameters,
    symbol_samples,
)
from alphatrader.sim.gateway.market_rules import MarketRules
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.gateway.venues import valid_exchanges
from alphatrader.sim.market.profiles import VENUES
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.queries import ContractQuery
from alphatrader.sim.wire.reference_requests import ContractDetailsRequest, OptionParametersRequest, SymbolSearch
from alphatrader.sim.wire.requests import Numbered

NO_DEFINITION = "No security definition has been found for the request"
MAX_SAMPLES = 16


class ContractService:
    """Security definitions. Call ``refresh`` after each advance of the market."""

    def __init__(self, market: SimulatedMarket, behaviours: Behaviours) -> None:
        self._market = market
        self._behaviours = behaviours
        self._rules = MarketRules()
        self._listing_version = market.listing_version
        self.catalogue = Catalogue(market.contracts())
        self._rules.learn(self.catalogue.by_con_id.values())

    def refresh(self) -> bool:
        """Take over another listing if there is one; return whether there was."""
        if self._market.listing_version == self._listing_version:
            return False
        self._listing_version = self._market.listing_version
        self.catalogue.relist(self._market.contracts())
        self._rules.learn(self.catalogue.by_con_id.values())
        return True

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
        query = request.contract
        if request.sec_id:
            found = self._by_security_id(request.sec_id_type, request.sec_id)
        elif query.sec_type == "BAG":
            session.error(request.req_id, 321, invalid("BAG isn't supported for contract data request."))
            return
        else:
            found = self.catalogue.find(query)
        if not found:
            session.error(request.req_id, 200, NO_DEFINITION)
            return
        for contract in found:
            for exchange in self._row_exchanges(contract, query) if not request.sec_id else (contract.exchange,):
                session.send(contract_details(request.req_id, contract, self._facts(contract, exchange, session)))
        session.send(message(52, 1, request.req_id))

    def _by_security_id(self, kind: str, number: str) -> list[ListedContract]:
        if kind != "ISIN":
            return []
        return [contract for contract in self.catalogue.underlyings() if isin(contract) == number]

    def _row_exchanges(self, contract: ListedContract, query: ContractQuery) -> tuple[str, ...]:
        """Name the exchange of each row: the one asked for; all of them, if a stock was described without any."""
        if query.exchange:
            return (query.exchange,)
        by_symbol = contract.sec_type == "STK" and not query.con_id and not query.local_symbol
        if by_symbol and self._behaviours.on("rows_per_exchange"):
            return valid_exchanges(contract)
        return (contract.exchange,)

    def _facts(self, contract: ListedContract, exchange: str, session: Session) -> Facts:
        return Facts(
            exchange=exchange,
            hours=self._market.hours(contract.con_id),
            rule=self._rules.number(contract),
            underlying=self.catalogue.by_con_id.get(contract.underlying_con_id),
            timed_expiry=self._behaviours.on("expiry_with_time"),
            version=session.version,
        )

    def option_parameters(self, session: Session, request: OptionParametersRequest) -> None:
        """Send expiries and strikes of each trading class, once for each exchange."""
        underlying = self.catalogue.listed(request.con_id)
        fits = underlying is not None and request.symbol in {"", underlying.symbol}
        if underlying is None or not fits or request.sec_type not in {"", underlying.sec_type}:
            session.error(request.req_id, 200, NO_DEFINITION)
            return
        for option, series in self.catalogue.option_series(underlying.symbol):
            for exchange in valid_exchanges(option):
                if request.exchange in {"", exchange}:
                    session.send(option_parameters(request.req_id, exchange, underlying.con_id, series))
        session.send(message(76, request.req_id))

    def search(self, session: Session, request: SymbolSearch) -> None:
        """Send symbols that begin like the pattern, or whose name holds it."""
        pattern = request.pattern.upper()
        matches = [
            contract
            for contract in self.catalogue.underlyings()
            if pattern and (contract.symbol.startswith(pattern) or pattern in contract.long_name.upper())
        ]
        optionable = self.catalogue.optionable()
        session.send(symbol_samples(request.req_id, matches[:MAX_SAMPLES], optionable, session.version))

    def market_rule(self, session: Session, request: Numbered) -> None:
        """Send price increments."""
        steps = self._rules.steps(request.number)
        if steps is None:
            session.error(SERVER_SIDE, 321, invalid(f"Invalid market rule {request.number}"))
            return
        session.send(market_rule(request.number, steps))

    def depth_exchanges(self, session: Session) -> None:
        """Send where depth is offered."""
        session.send(depth_exchanges(VENUES))
