"""What the simulated exchange lists: underlyings, and option series by product, renewed every day.

A series stays until it has expired; as the price moves, strikes are added, and every day the calendar adds expiries.
"""

import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from alphatrader import calendar
from alphatrader.sim.market.expiries import expiries_of, sessions_until
from alphatrader.sim.market.option_products import Ladder, OptionClass, OptionProduct, product_of
from alphatrader.sim.market.profiles import Profile
from alphatrader.sim.market.types import ListedContract

_FIRST_OPTION_ID = 500_000_000
_OPTION_IDS = 1_600_000_000
"""Contract ids of options lie in [500 million, 2.1 billion): inside 31 bits, clear of the underlyings'."""
_NEAR_SESSIONS, _MIDDLE_SESSIONS = 10, 35


def underlying_contract(profile: Profile) -> ListedContract:
    """Describe an underlying."""
    return ListedContract(
        con_id=profile.con_id,
        symbol=profile.symbol,
        sec_type=profile.sec_type,
        exchange=profile.primary_exchange if profile.is_index else "SMART",
        primary_exchange="" if profile.is_index else profile.primary_exchange,
        currency="USD",
        local_symbol=profile.symbol,
        trading_class=profile.symbol,
        min_tick=Decimal("0.01"),
        long_name=profile.long_name,
        stock_type=profile.stock_type,
    )


def list_options(
    profile: Profile, session_date: str, reference_price: float, before: Sequence[ListedContract] = ()
) -> list[ListedContract]:
    """List the options of a session, by class, expiry and strike, calls before puts.

    ``reference_price`` is the previous close; ``before`` are the series of the session before, which stay listed until
    they have expired. Contract ids depend on the OCC symbol alone, but for a rare clash, where the older series keeps
    its id.
    """
    product = product_of(profile.symbol, reference_price)
    today = session_date.replace("-", "")
    listed = {option.local_symbol: option for option in before if option.expiry >= today}
    taken = {option.con_id for option in listed.values()}
    for option_class in product.classes:
        for expiry in expiries_of(option_class, session_date):
            for strike in strikes_of(option_class, sessions_until(session_date, expiry), reference_price):
                for right in ("C", "P"):
                    symbol = f"{option_class.name:<6}{expiry[2:]}{right}{int(strike * 1000):08d}"
                    if symbol not in listed:
                        option = _option(profile, product, option_class, symbol, expiry, strike, taken)
                        listed[symbol] = option
                        taken.add(option.con_id)
    order = {option_class.name: place for place, option_class in enumerate(product.classes)}
    return sorted(listed.values(), key=lambda o: (order[o.trading_class], o.expiry, o.strike, o.right))


def strikes_of(option_class: OptionClass, sessions: int, reference_price: float) -> list[Decimal]:
    """Return the strikes of an expiry that many sessions away: closest near the price, wider apart farther out."""
    if sessions <= _NEAR_SESSIONS:
        ladder = option_class.near
    else:
        ladder = option_class.middle if sessions <= _MIDDLE_SESSIONS else option_class.far
    return sorted(set(_rungs(ladder, reference_price)))


def _rungs(ladder: Ladder, price: float) -> Iterator[Decimal]:
    for distance, step in ladder:
        first, last = -int(-price * (1.0 - distance) // step), int(price * (1.0 + distance) // step)
        for rung in range(first, last + 1):
            yield Decimal(str(rung * step)).quantize(Decimal("0.1")).normalize()


def _option(
    profile: Profile,
    product: OptionProduct,
    option_class: OptionClass,
    local_symbol: str,
    expiry: str,
    strike: Decimal,
    taken: set[int],
) -> ListedContract:
    con_id = _contract_id(local_symbol)
    while con_id in taken:
        con_id += 1
    return ListedContract(
        con_id=con_id,
        symbol=profile.symbol,
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="",
        currency="USD",
        local_symbol=local_symbol,
        trading_class=option_class.name,
        min_tick=product.price_steps[0][1],
        long_name=profile.long_name,
        multiplier=100,
        expiry=expiry,
        strike=Decimal(int(strike)) if strike == int(strike) else strike,
        right="C" if local_symbol[12] == "C" else "P",
        underlying_con_id=profile.con_id,
        style=option_class.style,
        settlement=option_class.settlement,
        last_trade_ns=_last_trade_ns(option_class.name, expiry),
        settlement_ns=_settlement_ns(option_class.name, expiry),
        price_steps=product.price_steps,
    )


@lru_cache(maxsize=1024)
def _last_trade_ns(trading_class: str, expiry: str) -> int:
    return calendar.option_last_trade_ns(trading_class, expiry)


@lru_cache(maxsize=1024)
def _settlement_ns(trading_class: str, expiry: str) -> int:
    return calendar.option_settlement_ns(trading_class, expiry)


def _contract_id(local_symbol: str) -> int:
    digest = hashlib.blake2b(local_symbol.encode(), digest_size=8).digest()
    return _FIRST_OPTION_ID + int.from_bytes(digest, "big") % _OPTION_IDS
