"""How a request is read from its fields, in the order of versions 176 and 157."""

from collections.abc import Callable
from typing import cast

from alphatrader.sim.wire.account_readers import ACCOUNT_READERS
from alphatrader.sim.wire.data_readers import DATA_READERS
from alphatrader.sim.wire.exercise import read_exercise
from alphatrader.sim.wire.fields import FieldReader, MalformedRequestError
from alphatrader.sim.wire.place_order import read_place_order
from alphatrader.sim.wire.reference_readers import REFERENCE_READERS
from alphatrader.sim.wire.requests import CancelOrder, Numbered, Plain, Request, StartApi

_MANUAL_ORDER_TIME = 169


def _start_api(fields: FieldReader) -> StartApi:
    fields.skip("version")
    client_id = fields.integer("clientId")
    if client_id < 0:
        raise MalformedRequestError(f"field 2 (clientId) was {client_id}, not 0 or above")
    return StartApi(client_id, fields.text("optionalCapabilities"))


def _cancel_order(fields: FieldReader) -> CancelOrder:
    fields.skip("version")
    request = CancelOrder(fields.integer("orderId"))
    if fields.version >= _MANUAL_ORDER_TIME:
        fields.skip("manualCancelOrderTime")
    return request


def _numbered(message_id: int, name: str, *, version: bool) -> Callable[[FieldReader], Numbered]:
    def read(fields: FieldReader) -> Numbered:
        if version:
            fields.skip("version")
        number = int(fields.flag(name)) if name in _SWITCHES else fields.integer(name)
        return Numbered(message_id, number)

    return read


def _plain(message_id: int, *, version: bool) -> Callable[[FieldReader], Plain]:
    def read(fields: FieldReader) -> Plain:
        if version:
            fields.skip("version")
        return Plain(message_id)

    return read


def _cancel_depth(fields: FieldReader) -> Numbered:
    fields.skip("version")
    request = Numbered(11, fields.integer("reqId"))
    fields.flag("isSmartDepth")
    return request


_SWITCHES = frozenset({"allMessages", "autoBind", "apiOnly"})
_CANCELS_WITH_VERSION = (2, 23, 25, 51, 53, 56, 57, 63, 70, 75, 77)
_CANCELS = (89, 90, 93, 95, 98, 101, 103)
_PLAIN_WITH_VERSION = (5, 13, 16, 17, 24, 49, 58, 61, 64)
_PLAIN = (80, 82, 85)

_READERS: dict[int, Callable[[FieldReader], object]] = {
    3: read_place_order,
    4: _cancel_order,
    8: _numbered(8, "numIds", version=True),
    11: _cancel_depth,
    12: _numbered(12, "allMessages", version=True),
    21: read_exercise,
    14: _numbered(14, "logLevel", version=True),
    15: _numbered(15, "autoBind", version=True),
    59: _numbered(59, "marketDataType", version=True),
    67: _numbered(67, "reqId", version=True),
    71: _start_api,
    79: _numbered(79, "reqId", version=False),
    91: _numbered(91, "marketRuleId", version=False),
    99: _numbered(99, "apiOnly", version=False),
    104: _numbered(104, "reqId", version=False),
    **{message_id: _numbered(message_id, "reqId", version=True) for message_id in _CANCELS_WITH_VERSION},
    **{message_id: _numbered(message_id, "reqId", version=False) for message_id in _CANCELS},
    **{message_id: _plain(message_id, version=True) for message_id in _PLAIN_WITH_VERSION},
    **{message_id: _plain(message_id, version=False) for message_id in _PLAIN},
    **ACCOUNT_READERS,
    **DATA_READERS,
    **REFERENCE_READERS,
}

KNOWN_REQUESTS = frozenset(_READERS)
"""Message ids that are read."""


def read_request(fields: list[str], version: int) -> Request | None:
    """Read one request; None for a message id that this gateway does not know. Raises MalformedRequestError."""
    reader = FieldReader(fields, version)
    message_id = reader.integer("message id", default=-1)
    read = _READERS.get(message_id)
    if read is None:
        return None
    request = cast(Request, read(reader))
    reader.end()
    return request
