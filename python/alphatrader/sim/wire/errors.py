"""Message 4: errors and notices."""

from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.handshake import ERROR_JSON


def error_message(req_id: int, code: int, text: str, version: int, reject_json: str = "") -> bytes:
    """Encode an error; ``reject_json`` explains an order's refusal, for clients that have the field.

    A backslash is doubled: clients decode the text as unicode-escape.
    """
    escaped = text.replace("\\", "\\\\")
    if version >= ERROR_JSON:
        return message(4, 2, req_id, code, escaped, reject_json)
    return message(4, 2, req_id, code, escaped)


def invalid(cause: str) -> str:
    """Write the text of error 321 and its like."""
    return f"Error validating request.-'bN' : cause - {cause}"
