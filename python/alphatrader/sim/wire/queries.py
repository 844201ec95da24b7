"""How a client describes a contract: twelve fields, any of which may be empty."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.wire.fields import FieldReader


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

    def skip_legs(self, fields: FieldReader) -> None:
        """Take the legs that follow in requests about combinations, which are not offered here."""
        if self.sec_type == "BAG":
            for _ in range(fields.count("legs")):
                fields.skip("conId", "ratio", "action", "exchange")


def read_contract(fields: FieldReader) -> ContractQuery:
    """Take the twelve fields. Clients write 0.0 or nothing for a strike that is not set."""
    return ContractQuery(
        con_id=fields.integer("conId"),
        symbol=fields.text("symbol"),
        sec_type=fields.text("secType"),
        expiry=fields.text("lastTradeDateOrContractMonth"),
        strike=fields.decimal("strike") or None,
        right=_right(fields.text("right")),
        multiplier=fields.text("multiplier"),
        exchange=fields.text("exchange"),
        primary_exchange=fields.text("primaryExchange"),
        currency=fields.text("currency"),
        local_symbol=fields.text("localSymbol"),
        trading_class=fields.text("tradingClass"),
    )


def _right(text: str) -> str:
    return {"CALL": "C", "PUT": "P", "0": "", "?": ""}.get(text.upper(), text.upper())
