"""Margin by strategy, in the manner of Regulation T and the Cboe margin manual.

======================  =============================================================================================
long option             paid in full, no loan value (Reg T 220.12)
stock, long             50% initial, 25% maintenance of its value (Reg T 220.12, FINRA 4210)
stock, short            50% initial, 30% maintenance above the proceeds, i.e. 150% / 130%
short option, uncovered its value + max(20% of the underlying - out of the money, 10%); puts: 10% of the strike.
                        Broad indexes 15% (Cboe margin manual)
spread                  the most it can lose: long option of the same right that expires no earlier
both sides              short calls and puts of one expiry: the greater requirement, and the value of the other's shorts
covered call or put     no requirement for the option; the stock is worth no more than the strike to the lender
======================  =============================================================================================

The premium of a short option is in the cash, so its value is part of its requirement; equity with loan value leaves all
options out. Pairs are made greedily, riskiest short first: near the best pairing, never below it. The house
requirements that a broker adds, concentration and portfolio margin are not modelled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from alphatrader.sim.market.types import ListedContract

_LONG_INITIAL, _LONG_MAINTENANCE = Decimal("0.50"), Decimal("0.25")
_SHORT_INITIAL, _SHORT_MAINTENANCE = Decimal("0.50"), Decimal("0.30")
_EQUITY_RATE, _INDEX_RATE, _FLOOR_RATE = Decimal("0.20"), Decimal("0.15"), Decimal("0.10")
_ZERO = Decimal(0)


class Holding(NamedTuple):
    """A position at a price: ``quantity`` signed, ``price`` dollars a share."""

    contract: ListedContract
    quantity: int
    price: Decimal


class Requirement(NamedTuple):
    """Margin in dollars."""

    initial: Decimal
    maintenance: Decimal


class _Short(Struct):
    """Short contracts of one option that nothing covers yet."""

    holding: Holding
    left: int


class _Side(Struct):
    """The requirement of the calls or of the puts of one expiry, and the value of the uncovered shorts among them."""

    requirement: Decimal = _ZERO
    premium: Decimal = _ZERO


def requirement(holdings: Iterable[Holding], spot: Callable[[int], Decimal]) -> Requirement:
    """Return the margin of all holdings; ``spot`` gives the price of an underlying by contract id."""
    groups: dict[int, list[Holding]] = defaultdict(list)
    for holding in holdings:
        if holding.quantity:
            groups[holding.contract.underlying_con_id or holding.contract.con_id].append(holding)
    initial = maintenance = _ZERO
    for underlying, group in groups.items():
        stock = [holding for holding in group if holding.contract.sec_type != "OPT"]
        options = [holding for holding in group if holding.contract.sec_type == "OPT"]
        shorts = [_Short(holding, -holding.quantity) for holding in options if holding.quantity < 0]
        for holding in stock:
            of_stock = _stock_requirement(holding, shorts)
            initial, maintenance = initial + of_stock.initial, maintenance + of_stock.maintenance
        if any(short.left for short in shorts):
            of_options = _option_requirement(shorts, options, spot(underlying))
            initial, maintenance = initial + of_options, maintenance + of_options
    return Requirement(initial, maintenance)


def _stock_requirement(holding: Holding, shorts: list[_Short]) -> Requirement:
    """Charge the stock, and let it cover short calls (if long) or puts (if short)."""
    price, free = holding.price, abs(holding.quantity)
    right = "C" if holding.quantity > 0 else "P"
    initial = maintenance = _ZERO
    rates = (_LONG_INITIAL, _LONG_MAINTENANCE) if right == "C" else (_SHORT_INITIAL, _SHORT_MAINTENANCE)
    for short in sorted(shorts, key=lambda short: (short.holding.contract.strike, short.holding.contract.expiry)):
        contract = short.holding.contract
        covered = min(short.left, free // contract.multiplier)
        if contract.right != right or covered <= 0:
            continue
        short.left -= covered
        shares = covered * contract.multiplier
        free -= shares
        # What the option is in the money, the stock can no longer gain: nothing is lent on it.
        intrinsic = max(_ZERO, price - contract.strike if right == "C" else contract.strike - price)
        lent_on = price - intrinsic if right == "C" else price
        initial += (intrinsic + rates[0] * lent_on) * shares
        maintenance += (intrinsic + rates[1] * lent_on) * shares
    return Requirement(initial + rates[0] * price * free, maintenance + rates[1] * price * free)


def _option_requirement(shorts: list[_Short], options: list[Holding], spot: Decimal) -> Decimal:
    free = {holding.contract.con_id: holding.quantity for holding in options if holding.quantity > 0}
    longs = [holding for holding in options if holding.quantity > 0]
    sides: dict[tuple[str, str], _Side] = defaultdict(_Side)
    strikes: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for short in sorted(shorts, key=lambda short: (-_naked(short.holding, spot), short.holding.contract.con_id)):
        contract = short.holding.contract
        side = sides[contract.expiry, contract.right]
        if short.left:
            strikes[contract.expiry, contract.right].append(contract.strike)
        for long in sorted(longs, key=lambda long: (_spread(contract, long.contract), long.contract.con_id)):
            covered = min(short.left, free[long.contract.con_id])
            width = _spread(contract, long.contract) * contract.multiplier
            if covered <= 0 or not _covers(contract, long.contract) or width >= _naked(short.holding, spot):
                continue
            short.left -= covered
            free[long.contract.con_id] -= covered
            side.requirement += width * covered
        side.requirement += _naked(short.holding, spot) * short.left
        side.premium += short.holding.price * contract.multiplier * short.left
    return sum((_both_sides(expiry, sides, strikes) for expiry in sorted({key[0] for key in sides})), _ZERO)


def _both_sides(
    expiry: str, sides: dict[tuple[str, str], _Side], strikes: dict[tuple[str, str], list[Decimal]]
) -> Decimal:
    """Only one side can lose, unless the strikes overlap."""
    calls, puts = sides.get((expiry, "C"), _Side()), sides.get((expiry, "P"), _Side())
    call_strikes, put_strikes = strikes.get((expiry, "C"), []), strikes.get((expiry, "P"), [])
    if call_strikes and put_strikes and max(put_strikes) > min(call_strikes):
        return calls.requirement + puts.requirement
    greater, other = (calls, puts) if calls.requirement >= puts.requirement else (puts, calls)
    return greater.requirement + other.premium


def _covers(short: ListedContract, long: ListedContract) -> bool:
    return long.right == short.right and long.expiry >= short.expiry and long.multiplier == short.multiplier


def _spread(short: ListedContract, long: ListedContract) -> Decimal:
    """Return the most that a spread can lose a share, its premiums apart."""
    difference = long.strike - short.strike if short.right == "C" else short.strike - long.strike
    return max(_ZERO, difference)


def _naked(holding: Holding, spot: Decimal) -> Decimal:
    """Return the requirement of one uncovered short option, in dollars a contract."""
    contract = holding.contract
    rate = _INDEX_RATE if contract.settlement == "cash" else _EQUITY_RATE
    if contract.right == "C":
        out_of_the_money, floor = max(_ZERO, contract.strike - spot), _FLOOR_RATE * spot
    else:
        out_of_the_money, floor = max(_ZERO, spot - contract.strike), _FLOOR_RATE * contract.strike
    risk = max(rate * spot - out_of_the_money, floor)
    return (risk + holding.price) * contract.multiplier
