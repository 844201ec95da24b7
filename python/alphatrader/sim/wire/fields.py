"""Fields: NUL-terminated ASCII text, and the values that stand for "not set"."""

import codecs
import struct
from decimal import Decimal, InvalidOperation

from alphatrader.domain.errors import DataError

UNSET_DOUBLE_TEXT = "1.7976931348623157E308"
"""How a gateway writes a number that it does not state."""

_INFINITE_TEXTS = ("Infinity", "Infinite", "inf")
_UNSET_TEXTS = frozenset(
    {
        "",
        "2147483647",
        "1.7976931348623157e+308",
        "1.7976931348623157E308",
        "1.7976931348623157E+308",
        "170141183460469231731687303715884105727",
        "9223372036854775807",
        *_INFINITE_TEXTS,
    }
)
_MAX_DIGITS = 18
"""Before or after the point. Beyond, arithmetic on a client's number would fail or take for ever."""
_LENGTH = struct.Struct(">I")

FieldValue = str | int | float | Decimal | bool | None


class MalformedRequestError(DataError):
    """A request whose fields are not what its layout says. Names the field."""


_ESCAPE = "tws-unicode-escape"


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Write characters outside ASCII as ``\\uXXXX``, one a UTF-16 unit, as Java does."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPE, _escape)


def text_of(value: FieldValue) -> str:
    """Write a value the way a gateway does: no exponent for whole numbers, 1/0 for truth, empty for None."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is int:
        return str(value)
    if kind is float:
        text = repr(value)
        return text[:-2] if text.endswith(".0") else text
    if value is None:
        return ""
    if kind is bool:
        return "1" if value else "0"
    return f"{value:f}"


def message(*values: FieldValue) -> bytes:
    r"""Encode one message with its length prefix.

    Characters outside ASCII leave as ``\\uXXXX``, which clients decode; a NUL inside a field would shift all that
    follow it, so it is dropped.
    """
    body = "\0".join([text_of(value) for value in values])
    if body.count("\0") != len(values) - 1:
        body = "\0".join([text_of(value).replace("\0", "") for value in values])
    payload = body.encode("ascii", _ESCAPE) + b"\0"
    return _LENGTH.pack(len(payload)) + payload


def split_fields(payload: bytes) -> list[str]:
    """Cut a payload into its fields. Raises MalformedRequestError."""
    if payload[-1:] != b"\0":
        raise MalformedRequestError("the last field was not terminated by NUL")
    try:
        return payload[:-1].decode("utf-8").split("\0")
    except UnicodeDecodeError as error:
        raise MalformedRequestError(f"the text was not ASCII or UTF-8 ({error.reason} at byte {error.start})") from None


class FieldReader:
    """Takes the fields of one request one by one, each under its name, so that an error can say which was wrong.

    ``version`` is the server version of the session: some fields exist only from one on.
    """

    def __init__(self, fields: list[str], version: int) -> None:
        self.version = version
        self._fields = fields
        self._next = 0

    @property
    def remaining(self) -> int:
        """How many fields have not been taken."""
        return len(self._fields) - self._next

    def text(self, name: str) -> str:
        """Take a text field."""
        if self._next >= len(self._fields):
            raise MalformedRequestError(f"field {self._next} ({name}) was missing")
        value = self._fields[self._next]
        self._next += 1
        return value

    def integer(self, name: str, default: int = 0) -> int:
        """Take a whole number; ``default`` where it is unset. A whole float such as ``1.0`` is accepted."""
        value = self.text(name)
        if value in _UNSET_TEXTS:
            return default
        if len(value) <= _MAX_DIGITS and value.isascii() and value.removeprefix("-").isdigit():
            return int(value)
        number = self._decimal(value, name)
        if number.adjusted() >= _MAX_DIGITS or number != number.to_integral_value():
            raise self._wrong(name, value, f"a whole number of at most {_MAX_DIGITS} digits")
        return int(number)

    def whole(self, name: str) -> int | None:
        """Take a whole number; None where it is unset."""
        unset = -(1 << 62)
        value = self.integer(name, default=unset)
        return None if value == unset else value

    def number_text(self, name: str) -> str:
        """Take an exact number as text: ``Infinity`` stands for itself, empty for "unset"."""
        if self._next < len(self._fields) and self._fields[self._next] in _INFINITE_TEXTS:
            self._next += 1
            return "Infinity"
        value = self.decimal(name)
        return "" if value is None else f"{value:f}"

    def decimal(self, name: str) -> Decimal | None:
        """Take an exact number; None where it is unset."""
        value = self.text(name)
        return None if value in _UNSET_TEXTS else self._decimal(value, name)

    def flag(self, name: str) -> bool:
        """Take a truth value: 1/0, true/false, or empty for false."""
        value = self.text(name).lower()
        if value in {"1", "true"}:
            return True
        if value in {"", "0", "false"}:
            return False
        raise self._wrong(name, value, "1 or 0")

    def skip(self, *names: str) -> None:
        """Take fields that mean nothing here; they must be present."""
        for name in names:
            self.text(name)

    def count(self, name: str, limit: int = 1000) -> int:
        """Take the length of a list that follows."""
        value = self.integer(name)
        if not 0 <= value <= limit:
            raise self._wrong(name, str(value), f"a count of 0 to {limit}")
        return value

    def end(self) -> None:
        """Check that nothing is left over."""
        if self.remaining:
            raise MalformedRequestError(f"{self.remaining} fields too many, from {self._fields[self._next][:40]!r}")

    def _decimal(self, value: str, name: str) -> Decimal:
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self._wrong(name, value, "a number") from None
        if not number.is_finite():
            raise self._wrong(name, value, "a finite number")
        if not number:
            return Decimal(0)
        if not -_MAX_DIGITS <= number.adjusted() <= _MAX_DIGITS or len(value) > 3 * _MAX_DIGITS:
            raise self._wrong(name, value, f"a number of at most {_MAX_DIGITS} digits")
        return number

    def _wrong(self, name: str, value: str, expected: str) -> MalformedRequestError:
        return MalformedRequestError(f"field {self._next - 1} ({name}) was {value[:40]!r}, not {expected}")
