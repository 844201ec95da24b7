"""Taking secrets out of whatever is logged: by their value, by the name of their key, and inside URLs."""

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
MIN_SECRET_LENGTH = 4
"""Shorter secrets are not replaced by value: the log would turn to asterisks and the secret be guessed from them."""

_SECRET_KEY = re.compile(
    r"(api_?key|token|secret|passw(or)?d|passphrase|authorization|cookie|credential|private_key)", re.I
)
_IN_QUERY = re.compile(
    r"(?i)\b((?:api_?key|access_token|token|secret|passw(?:or)?d|signature)[\"']?\s*[=:]\s*[\"']?)([^&\s\"'<>,;)}]+)"
)
_IN_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)([^/@\s]+)@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}")
# Alpha Vantage names the key in its limit notice.
_ECHOED = re.compile(r"(?i)(api key as )([a-z0-9]+)")
_MAX_DEPTH = 6


class Redactor:
    """Replaces secrets by ``***`` in text and in nested values."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # The longest first, so that a secret that contains another leaves no rest.
        known = sorted({secret for secret in secrets if len(secret) >= MIN_SECRET_LENGTH}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _IN_USERINFO.sub(rf"\1{HIDDEN}@", text)
        text = _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text)
        text = _ECHOED.sub(rf"\g<1>{HIDDEN}", text)
        return _BEARER.sub(rf"\1 {HIDDEN}", text)

    def value(self, value: object, depth: int = 0) -> object:
        """Return the value without secrets: text, mappings and sequences; other objects by their ``str`` if need be."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth >= _MAX_DEPTH:
            return self.text(str(value))
        if isinstance(value, Mapping):
            return {
                str(key): HIDDEN if item and _SECRET_KEY.search(str(key)) else self.value(item, depth + 1)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        return self.text(str(value))
