"""calculateImpliedVolatility (54) and calculateOptionPrice (55): answered by message 21, tick type 53."""

import math

import numpy as np

from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.gateway.valuation import OptionTerms, values, volatilities
from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.wire.data_requests import CalculationRequest
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import message

CUSTOM_COMPUTATION = 53
_VOLATILITY = 54


class CalculationService:
    """Answers what an option would be worth."""

    def __init__(self, market: SimulatedMarket, contracts: ContractService) -> None:
        self._market = market
        self._contracts = contracts

    def calculate(self, session: Session, request: CalculationRequest) -> None:
        """Send the volatility of a price, or the price at a volatility, with the greeks there."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        if contract.sec_type != "OPT":
            session.error(request.req_id, 321, invalid("Only options can be calculated"))
            return
        terms, now_ns = OptionTerms([contract]), self._market.now_ns
        spot = np.array([request.underlying_price])
        iv = np.array([request.value])
        if request.message_id == _VOLATILITY:
            iv = volatilities(terms, now_ns, spot, iv)
        worth = {name: float(column[0]) for name, column in values(terms, now_ns, spot, iv).items()}
        if math.isnan(worth["price"]):
            session.error(request.req_id, 321, invalid("The option cannot be calculated at these values"))
            return
        price = request.value if request.message_id == _VOLATILITY else worth["price"]
        greeks = (worth["delta"], price, 0, worth["gamma"], worth["vega"], worth["theta"], request.underlying_price)
        session.send(message(21, request.req_id, CUSTOM_COMPUTATION, 0, float(iv[0]), *greeks))
