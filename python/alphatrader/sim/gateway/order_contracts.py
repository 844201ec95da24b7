"""The contracts that orders and executions are in: those listed, and those that were when somebody traded them."""

from collections.abc import Iterator, Mapping

from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.market.types import ListedContract, SimulatedMarket


class OrderContracts(Mapping[int, ListedContract]):
    """Contracts by id. One that was asked for stays known after its listing has ended."""

    def __init__(self, exchange: Exchange, market: SimulatedMarket) -> None:
        self._exchange = exchange
        self._market = market
        self._remembered: dict[int, ListedContract] = {}

    def __getitem__(self, con_id: int) -> ListedContract:
        contract = self._exchange.contract(con_id) or self._remembered.get(con_id)
        if contract is None:
            raise KeyError(con_id)
        self._remembered[con_id] = contract
        return contract

    def __iter__(self) -> Iterator[int]:
        return (contract.con_id for contract in self._market.contracts())

    def __len__(self) -> int:
        return len(self._market.contracts())
