"""How a client describes a contract: twelve fields, any of which may be empty."""

from decimal import Decimal

from msgspec import Struct, structs

from alphatrader.sim.wire.fields import FieldReader

_MAX_LEGS = 100


class Leg(Struct, frozen=True):
    """One leg of a combination, as requests for data name it."""

    con_id: int
    ratio: int
    action: str
    exchange: str


class ContractQuery(Struct, frozen=True):
    """A description that may fit none, one or many contracts. Empty text, 0 and None mean "any"."""

    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    expiry: str = ""
    strike: Decimal | None = None
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""
    legs: tuple[Leg, ...] = ()

    def with_legs(self, fields: FieldReader) -> "ContractQuery":
        """Take the legs that follow where the contract is a combination (``BAG``)."""
        if self.sec_type != "BAG":
            return self
        count = fields.count("comboLegs", limit=_MAX_LEGS)
        return structs.replace(self, legs=tuple(_read_leg(fields) for _ in range(count)))


def _read_leg(fields: FieldReader) -> Leg:
    return Leg(
        con_id=fields.integer("leg conId"),
        ratio=fields.integer("leg ratio"),
        action=fields.text("leg action").upper(),
        exchange=fields.text("leg exchange"),
    )


def read_contract(fields: FieldReader, *, legs: bool = False) -> ContractQuery:
    """Take the twelve fields, and the ``legs`` if they follow at once.

    Clients write 0.0 or nothing for a strike that is not set.
    """
    contract = ContractQuery(
        con_id=fields.integer("conId"),
        symbol=fields.text("symbol"),
        sec_type=fields.text("secType"),
        expiry=fields.text("lastTradeDateOrContractMonth"),
        strike=fields.decimal("strike") or None,
        right=right_of(fields.text("right")),
        multiplier=fields.text("multiplier"),
        exchange=fields.text("exchange"),
        primary_exchange=fields.text("primaryExchange"),
        currency=fields.text("currency"),
        local_symbol=fields.text("localSymbol"),
        trading_class=fields.text("tradingClass"),
    )
    return contract.with_legs(fields) if legs else contract


def right_of(text: str) -> str:
    """Return ``C`` or ``P``, empty for the several ways of saying none."""
    return {"CALL": "C", "PUT": "P", "0": "", "?": ""}.get(text.upper(), text.upper())
