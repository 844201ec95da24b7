"""What clients ask about contracts, and of services beside the market."""

from msgspec import Struct

from alphatrader.sim.wire.queries import ContractQuery


class ContractDetailsRequest(Struct, frozen=True):
    """9: every contract that fits a description."""

    req_id: int
    contract: ContractQuery
    sec_id_type: str
    sec_id: str


class OptionParametersRequest(Struct, frozen=True):
    """78: expiries and strikes of an underlying."""

    req_id: int
    symbol: str
    exchange: str
    sec_type: str
    con_id: int


class SymbolSearch(Struct, frozen=True):
    """81: symbols that begin like this."""

    req_id: int
    pattern: str


class SmartComponentsRequest(Struct, frozen=True):
    """83: the exchanges behind the letters of a best bid and offer."""

    req_id: int
    bbo_exchange: str


class ScannerRequest(Struct, frozen=True):
    """22: the contracts that lead by some measure."""

    req_id: int
    rows: int
    instrument: str
    location: str
    scan_code: str
    above_price: float
    below_price: float
    above_volume: float


class GroupRequest(Struct, frozen=True):
    """68: join a display group; 69: show a contract (``info``) in the group that was joined."""

    message_id: int
    req_id: int
    group: int = 0
    info: str = ""


class Unserved(Struct, frozen=True):
    """A request that real gateways know and this one refuses, with the code that theirs would have."""

    message_id: int
    req_id: int
