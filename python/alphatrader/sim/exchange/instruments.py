"""Contracts by id, over days: a contract that is no longer listed stays known while somebody holds or orders it."""

from collections.abc import Iterable

from alphatrader.sim.market.types import ListedContract, SimulatedMarket


class Instruments:
    """Follows the market's listing."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._kept: dict[int, ListedContract] = {}
        self._version = market.listing_version
        self._listed = {contract.con_id: contract for contract in market.contracts()}

    def refresh(self, needed: Iterable[int]) -> bool:
        """Take over a new listing, keeping the contracts of ``needed``; return whether there was one."""
        if self._version == self._market.listing_version:
            return False
        self._kept = {con_id: known for con_id in needed if (known := self.get(con_id)) is not None}
        self._version = self._market.listing_version
        self._listed = {contract.con_id: contract for contract in self._market.contracts()}
        return True

    def keep(self, contract: ListedContract) -> None:
        """Make a contract known that may not be listed any more (from disk)."""
        self._kept[contract.con_id] = contract

    def get(self, con_id: int) -> ListedContract | None:
        """Return a contract, None if it is unknown."""
        return self._listed.get(con_id) or self._kept.get(con_id)

    def listed(self, con_id: int) -> bool:
        """Whether the contract is listed now."""
        return con_id in self._listed

    def __getitem__(self, con_id: int) -> ListedContract:
        contract = self.get(con_id)
        if contract is None:
            raise KeyError(con_id)
        return contract

    def expired(self, con_id: int) -> bool:
        """Whether the contract has traded for the last time."""
        contract = self.get(con_id)
        if contract is None or not self.listed(con_id):
            return True
        return 0 < contract.last_trade_ns <= self._market.now_ns
