"""The contracts that clients may name, and which of them a description fits."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.gateway.venues import valid_exchanges
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.queries import ContractQuery

_OLD_NAMES = {"ISLAND": "NASDAQ", "DRCTEDGE": "EDGX"}
"""Names that the broker has used for exchanges and still takes."""


class OptionSeries(Struct, frozen=True):
    """Expiries and strikes under one trading class; not every pair of them is listed."""

    trading_class: str
    multiplier: int
    expiries: tuple[str, ...]
    strikes: tuple[Decimal, ...]


class Catalogue:
    """Finds contracts by description, as a security-definition server does.

    ``by_con_id`` keeps what was listed once: positions and executions name it. Only what is listed now is found.
    """

    def __init__(self, contracts: Sequence[ListedContract]) -> None:
        self.by_con_id: dict[int, ListedContract] = {}
        self.relist(contracts)

    def relist(self, contracts: Sequence[ListedContract]) -> None:
        """Take another list of contracts."""
        self._listed = {contract.con_id: contract for contract in contracts}
        self.by_con_id.update(self._listed)
        self._by_symbol: dict[str, list[ListedContract]] = defaultdict(list)
        self._by_option: dict[tuple[str, str, Decimal], list[ListedContract]] = defaultdict(list)
        for contract in contracts:
            self._by_symbol[contract.symbol].append(contract)
            if contract.sec_type == "OPT":
                self._by_option[contract.symbol, contract.expiry, contract.strike].append(contract)

    def listed(self, con_id: int) -> ListedContract | None:
        """Return a contract that is listed now."""
        return self._listed.get(con_id)

    def underlyings(self) -> list[ListedContract]:
        """Return everything that isn't an option."""
        return [contract for contract in self._listed.values() if contract.sec_type != "OPT"]

    def find(self, query: ContractQuery) -> list[ListedContract]:
        """Return all contracts that fit, in order of listing."""
        return [contract for contract in self._candidates(query) if _fits(query, contract)]

    def optionable(self) -> frozenset[str]:
        """Return the symbols on which options are listed."""
        return frozenset(symbol for symbol, _, _ in self._by_option)

    def option_series(self, symbol: str) -> list[tuple[ListedContract, OptionSeries]]:
        """Return what is listed on an underlying, by trading class, each with one of its options."""
        by_class: dict[tuple[str, int], list[ListedContract]] = defaultdict(list)
        for contract in self._by_symbol.get(symbol, []):
            if contract.sec_type == "OPT":
                by_class[contract.trading_class, contract.multiplier].append(contract)
        return [
            (
                options[0],
                OptionSeries(
                    trading_class,
                    multiplier,
                    tuple(sorted({option.expiry for option in options})),
                    tuple(sorted({option.strike for option in options})),
                ),
            )
            for (trading_class, multiplier), options in by_class.items()
        ]

    def _candidates(self, query: ContractQuery) -> Sequence[ListedContract]:
        if query.con_id:
            contract = self._listed.get(query.con_id)
            return [contract] if contract else []
        if query.symbol and len(query.expiry) == 8 and query.strike is not None:
            return self._by_option.get((query.symbol, query.expiry, query.strike), [])
        if query.symbol:
            return self._by_symbol.get(query.symbol, [])
        return list(self._listed.values()) if query.local_symbol else []


def _fits(query: ContractQuery, contract: ListedContract) -> bool:
    exchange = _OLD_NAMES.get(query.exchange, query.exchange)
    if exchange and exchange not in {*valid_exchanges(contract), contract.exchange}:
        return False
    if query.con_id:
        # The broker's id decides; a contradicting symbol or type is still refused.
        return query.symbol in {"", contract.symbol} and query.sec_type in {"", contract.sec_type}
    wanted = (
        (query.sec_type, contract.sec_type),
        (query.symbol, contract.symbol),
        (query.right, contract.right),
        (query.multiplier, str(contract.multiplier)),
        (query.currency, contract.currency),
        (query.local_symbol, contract.local_symbol),
        (query.trading_class, contract.trading_class),
        (query.primary_exchange, contract.primary_exchange),
    )
    if any(asked and asked != has for asked, has in wanted):
        return False
    return contract.expiry.startswith(query.expiry) and query.strike in {None, contract.strike}
