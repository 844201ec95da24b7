"""Price increments by rule number, as contracts name them and reqMarketRule explains them."""

from collections.abc import Iterable
from decimal import Decimal

from alphatrader.sim.market.types import ListedContract

Steps = tuple[tuple[Decimal, Decimal], ...]
"""(price from, step), lowest first."""


def _steps(*pairs: tuple[str, str]) -> Steps:
    return tuple((Decimal(edge), Decimal(step)) for edge, step in pairs)


_KNOWN: dict[Steps, int] = {
    _steps(("0", "0.01")): 26,
    _steps(("0", "0.01"), ("3", "0.05")): 32,
    _steps(("0", "0.05"), ("3", "0.1")): 110,
}
_FIRST_OTHER = 5000


class MarketRules:
    """The rules of what has been listed: well-known numbers for common steps, new ones for others."""

    def __init__(self) -> None:
        self._numbers: dict[Steps, int] = dict(_KNOWN)

    def learn(self, contracts: Iterable[ListedContract]) -> None:
        """Number the steps of new contracts."""
        for contract in contracts:
            steps = _of(contract)
            if steps not in self._numbers:
                self._numbers[steps] = _FIRST_OTHER + len(self._numbers) - len(_KNOWN)

    def number(self, contract: ListedContract) -> int:
        """Return the rule of a contract."""
        return self._numbers[_of(contract)]

    def steps(self, number: int) -> Steps | None:
        """Return the increments of a rule; None if there is no such rule."""
        return next((steps for steps, known in self._numbers.items() if known == number), None)


def _of(contract: ListedContract) -> Steps:
    steps = contract.price_steps or ((Decimal(0), contract.min_tick),)
    return tuple((edge.normalize(), step.normalize()) for edge, step in steps)
