"""Facts about the options that can be simulated: classes, expiries, strikes, increments, spreads and activity.

Increments: SPY, QQQ and IWM (and mini-SPX) trade in pennies at every price, names of the penny programme in pennies
below $3 and nickels above, SPX and SPXW in nickels below $3 and dimes above.
"""

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

RATE = 0.04
"""Riskless interest, continuous, a year: it is in every option's value."""

Steps = tuple[tuple[Decimal, Decimal], ...]
Ladder = tuple[tuple[float, float], ...]
"""(distance from the price as a fraction of it, strike step in dollars), nearest first."""

_PENNY: Steps = ((Decimal(0), Decimal("0.01")),)
_PENNY_PROGRAMME: Steps = ((Decimal(0), Decimal("0.01")), (Decimal(3), Decimal("0.05")))
_INDEX: Steps = ((Decimal(0), Decimal("0.05")), (Decimal(3), Decimal("0.10")))


@dataclass(frozen=True, slots=True)
class ExpirySchedule:
    """How many expiries are listed: every session (today first), Fridays beyond those, third Fridays beyond those."""

    daily: int
    fridays: int
    monthlies: int


@dataclass(frozen=True, slots=True)
class OptionClass:
    """A trading class: what it settles into, which expiries it has, and on which strikes.

    ``near``, ``middle`` and ``far`` are the ladders up to two weeks, up to seven weeks and beyond.
    """

    name: str
    style: Literal["american", "european"]
    settlement: Literal["physical", "cash"]
    schedule: ExpirySchedule
    near: Ladder
    middle: Ladder
    far: Ladder


@dataclass(frozen=True, slots=True)
class SpreadShape:
    """Half the spread in dollars: ``fixed + root * sqrt(value) + part * value + inside * intrinsic``."""

    fixed: float
    root: float
    part: float
    inside: float


@dataclass(frozen=True, slots=True)
class OptionProduct:
    """The options on one underlying.

    ``activity`` scales volume and open interest against SPY; ``size`` is the usual displayed size at the money;
    ``lag_share`` the part of time in which a quote lags; ``rotation_s`` how long the opening of all series takes;
    ``curvature`` and ``skew`` are h and c of the surface (see ``surface.py``).
    """

    symbol: str
    classes: tuple[OptionClass, ...]
    price_steps: Steps
    dividend_yield: float
    spread: SpreadShape
    activity: float
    size: float
    lag_share: float
    rotation_s: float
    venues: tuple[str, ...]
    curvature: float = 1.43
    skew: float = 0.194


_MANY_VENUES = ("CBOE", "PHLX", "ISE", "AMEX", "PSE", "BATS", "NASDAQOM", "MIAX", "EDGX", "BOX", "GEMINI", "PEARL")
_CBOE = ("CBOE",)
_ETF_SCHEDULE = ExpirySchedule(daily=6, fridays=3, monthlies=3)


def _etf(symbol: str, ladders: tuple[Ladder, Ladder, Ladder]) -> tuple[OptionClass, ...]:
    return (OptionClass(symbol, "american", "physical", _ETF_SCHEDULE, *ladders),)


_BROAD: tuple[Ladder, Ladder, Ladder] = (
    ((0.06, 1.0), (0.12, 5.0)),
    ((0.05, 1.0), (0.16, 5.0)),
    ((0.03, 1.0), (0.18, 5.0), (0.30, 10.0)),
)
_SMALL: tuple[Ladder, Ladder, Ladder] = (
    ((0.06, 1.0), (0.12, 5.0)),
    ((0.06, 1.0), (0.18, 5.0)),
    ((0.04, 1.0), (0.20, 5.0), (0.30, 10.0)),
)
_INDEX_NEAR: Ladder = ((0.03, 5.0), (0.06, 10.0), (0.12, 50.0))
_INDEX_FAR: Ladder = ((0.03, 10.0), (0.12, 25.0), (0.30, 100.0))
_MINI: tuple[Ladder, Ladder, Ladder] = (
    ((0.04, 1.0), (0.10, 5.0)),
    ((0.04, 1.0), (0.14, 5.0)),
    ((0.03, 1.0), (0.16, 5.0), (0.30, 10.0)),
)
_AAPL: tuple[Ladder, Ladder, Ladder] = (
    ((0.12, 2.5), (0.24, 5.0)),
    ((0.10, 2.5), (0.24, 5.0)),
    ((0.20, 5.0), (0.40, 10.0)),
)

_COMPANY_STEPS = ((400.0, 5.0), (100.0, 2.5), (25.0, 1.0), (0.0, 0.5))
"""Strike steps of companies by price, where nothing else is known."""

_PRODUCTS = {
    product.symbol: product
    for product in (
        OptionProduct(
            "SPY", _etf("SPY", _BROAD), _PENNY, 0.012, SpreadShape(0.0, 0.0015, 0.002, 0.003), 1.0, 55.0,
            0.02, 8.0, _MANY_VENUES,
        ),
        OptionProduct(
            "QQQ", _etf("QQQ", _BROAD), _PENNY, 0.006, SpreadShape(0.0, 0.002, 0.0028, 0.003), 0.38, 40.0,
            0.02, 8.0, _MANY_VENUES, curvature=1.25, skew=0.216,
        ),
        OptionProduct(
            "IWM", _etf("IWM", _SMALL), _PENNY, 0.011, SpreadShape(0.0, 0.0025, 0.0035, 0.004), 0.10, 45.0,
            0.03, 10.0, _MANY_VENUES, curvature=1.30, skew=0.210,
        ),
        OptionProduct(
            "SPX",
            (
                OptionClass("SPX", "european", "cash", ExpirySchedule(0, 0, 4), _INDEX_NEAR, _INDEX_FAR, _INDEX_FAR),
                OptionClass("SPXW", "european", "cash", ExpirySchedule(6, 3, 1), _INDEX_NEAR, _INDEX_FAR, _INDEX_FAR),
            ),
            _INDEX, 0.012, SpreadShape(0.012, 0.030, 0.0025, 0.004), 0.30, 22.0, 0.03, 45.0, _CBOE,
        ),
        OptionProduct(
            "XSP",
            (OptionClass("XSP", "european", "cash", ExpirySchedule(6, 2, 1), *_MINI),),
            _PENNY, 0.012, SpreadShape(0.006, 0.013, 0.003, 0.004), 0.006, 30.0, 0.04, 30.0, _CBOE,
        ),
        OptionProduct(
            "AAPL",
            (OptionClass("AAPL", "american", "physical", ExpirySchedule(0, 4, 3), *_AAPL),),
            _PENNY_PROGRAMME, 0.004, SpreadShape(0.001, 0.006, 0.004, 0.006), 0.12, 25.0,
            0.04, 12.0, _MANY_VENUES, curvature=1.15, skew=0.250,
        ),
    )
}  # fmt: skip


def product_of(symbol: str, price: float) -> OptionProduct:
    """Return the options of a symbol; for one that is not known, those of a large company at that price in dollars."""
    product = _PRODUCTS.get(symbol)
    if product is not None:
        return product
    step = next(step for least, step in _COMPANY_STEPS if price >= least)
    near: Ladder = ((0.12, step), (0.24, 2.0 * step))
    far: Ladder = ((0.20, 2.0 * step), (0.40, 4.0 * step))
    like = _PRODUCTS["AAPL"]
    option_class = dataclasses.replace(like.classes[0], name=symbol, near=near, middle=near, far=far)
    return dataclasses.replace(like, symbol=symbol, classes=(option_class,))
