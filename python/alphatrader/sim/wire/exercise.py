"""exerciseOptions (21): the wish to exercise a long option, or to let it lapse."""

from msgspec import Struct

from alphatrader.sim.wire.fields import FieldReader
from alphatrader.sim.wire.queries import ContractQuery, right_of

EXERCISE = 1
LAPSE = 2


class ExerciseOptions(Struct, frozen=True):
    """21: ``action`` 1 exercises, 2 lets lapse; ``override`` exercises out of the money."""

    req_id: int
    contract: ContractQuery
    action: int
    quantity: int
    account: str
    override: bool


def read_exercise(fields: FieldReader) -> ExerciseOptions:
    """Take the fields; the contract has eleven here, no primary exchange. Raises MalformedRequestError."""
    fields.skip("version")
    req_id = fields.integer("reqId")
    contract = ContractQuery(
        con_id=fields.integer("conId"),
        symbol=fields.text("symbol"),
        sec_type=fields.text("secType"),
        expiry=fields.text("lastTradeDateOrContractMonth"),
        strike=fields.decimal("strike") or None,
        right=right_of(fields.text("right")),
        multiplier=fields.text("multiplier"),
        exchange=fields.text("exchange"),
        currency=fields.text("currency"),
        local_symbol=fields.text("localSymbol"),
        trading_class=fields.text("tradingClass"),
    )
    return ExerciseOptions(
        req_id,
        contract,
        fields.integer("exerciseAction"),
        fields.integer("exerciseQuantity"),
        fields.text("account"),
        bool(fields.integer("override")),
    )
