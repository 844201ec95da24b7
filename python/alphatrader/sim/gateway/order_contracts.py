"""The contracts that orders and executions are in: those listed, and those that were when somebody traded them."""

from collections.abc import Iterator, Mapping

from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.market.types import ListedContract


class OrderContracts(Mapping[int, ListedContract]):
    """Contracts by id. One that was asked for stays known after its listing has ended."""

    def __init__(self, service: ContractService) -> None:
        self._service = service
        self._remembered: dict[int, ListedContract] = {}

    def __getitem__(self, con_id: int) -> ListedContract:
        contract = self._service.catalogue.by_con_id.get(con_id) or self._remembered.get(con_id)
        if contract is None:
            raise KeyError(con_id)
        self._remembered[con_id] = contract
        return contract

    def __iter__(self) -> Iterator[int]:
        return iter(self._service.catalogue.by_con_id)

    def __len__(self) -> int:
        return len(self._service.catalogue.by_con_id)
