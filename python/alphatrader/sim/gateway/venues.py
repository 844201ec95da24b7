"""The exchanges by the broker's names and by the letters of the consolidated tapes."""

from msgspec import Struct

from alphatrader.sim.market.types import ListedContract


class Venue(Struct, frozen=True):
    """One exchange and its letter in bid, ask and last exchange ticks."""

    name: str
    letter: str


_STOCK_VENUES = tuple(
    Venue(name, letter)
    for name, letter in (
        ("AMEX", "A"),
        ("BEX", "B"),
        ("NYSENAT", "C"),
        ("FINRA", "D"),
        ("EDGEA", "J"),
        ("EDGX", "K"),
        ("LTSE", "L"),
        ("CHX", "M"),
        ("NYSE", "N"),
        ("ARCA", "P"),
        ("NASDAQ", "Q"),
        ("MEMX", "U"),
        ("IEX", "V"),
        ("PSX", "X"),
        ("BYX", "Y"),
        ("BATS", "Z"),
    )
)
_OPTION_VENUES = tuple(
    Venue(name, letter)
    for name, letter in (
        ("AMEX", "A"),
        ("BOX", "B"),
        ("CBOE", "C"),
        ("EMERALD", "D"),
        ("EDGX", "E"),
        ("GEMINI", "H"),
        ("ISE", "I"),
        ("MERCURY", "J"),
        ("MIAX", "M"),
        ("PSE", "N"),
        ("PEARL", "O"),
        ("NASDAQOM", "Q"),
        ("NASDAQBX", "T"),
        ("MEMX", "U"),
        ("CBOE2", "W"),
        ("PHLX", "X"),
        ("BATS", "Z"),
    )
)
STOCK_BBO, OPTION_BBO = "9c0001", "ee0001"
"""What tickReqParams calls the composition of a best bid and offer."""
_BY_CODE = {STOCK_BBO: _STOCK_VENUES, OPTION_BBO: _OPTION_VENUES}
_LETTERS = {venue.name: venue.letter for venue in _STOCK_VENUES} | {"ISLAND": "Q", "DRCTEDGE": "K"}

STOCK_EXCHANGES = ("SMART", *(venue.name for venue in _STOCK_VENUES if venue.name != "FINRA"), "IBKRATS")
OPTION_EXCHANGES = ("SMART", *(venue.name for venue in _OPTION_VENUES))


def components(bbo_exchange: str) -> tuple[Venue, ...]:
    """Return the exchanges of a composition; none if there is no such code."""
    return _BY_CODE.get(bbo_exchange, ())


def bbo_exchange(contract: ListedContract) -> str:
    """Name the composition of a contract's best bid and offer; an index has none."""
    return {"STK": STOCK_BBO, "OPT": OPTION_BBO}.get(contract.sec_type, "")


def letter(venue: str) -> str:
    """Return a stock exchange's letter; unknown names are reported off exchange (D)."""
    return _LETTERS.get(venue, "D")


def valid_exchanges(contract: ListedContract) -> tuple[str, ...]:
    """Where a contract may be routed."""
    if contract.sec_type == "OPT":
        return ("SMART", "CBOE") if contract.settlement == "cash" else OPTION_EXCHANGES
    if contract.sec_type == "IND":
        return (contract.exchange,)
    return STOCK_EXCHANGES
