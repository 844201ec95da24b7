"""Questions that the gateway answers under a request id: collected until their end marker, an error, or a deadline."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from alphatrader.domain.errors import DataError, LinkError

FIRST_REQUEST_ID = 1_000_000_000
"""Errors carry one number for request ids and order ids alike. Order ids count up from small numbers, so request ids
start where they never come."""
MAX_ROWS = 200_000


class RequestRefusedError(DataError):
    """The gateway answered a question with an error."""

    def __init__(self, what: str, code: int, text: str) -> None:
        super().__init__(f"the gateway refused {what}: {text} (code {code}).")
        self.code = code
        self.text = text


@dataclass(slots=True)
class _Pending:
    what: str
    future: asyncio.Future[list[Any]]
    rows: list[Any] = field(default_factory=list)


class PendingRequests:
    """The open questions of a connection. Late answers to closed ones are dropped."""

    def __init__(self) -> None:
        self._next_id = FIRST_REQUEST_ID
        self._pending: dict[int, _Pending] = {}

    def new_id(self) -> int:
        """Return a request id that was never used before."""
        self._next_id += 1
        return self._next_id

    def open(self, request_id: int, what: str) -> asyncio.Future[list[Any]]:
        """Start collecting; ``what`` names the question in errors."""
        pending = _Pending(what, asyncio.get_running_loop().create_future())
        self._pending[request_id] = pending
        return pending.future

    def close(self, request_id: int) -> None:
        """Stop collecting."""
        pending = self._pending.pop(request_id, None)
        # Who asked may have given up before the answer: a failure that came then was his own to see, not the loop's.
        if pending is not None and not pending.future.cancel() and not pending.future.cancelled():
            pending.future.exception()

    def add(self, request_id: int, row: Any) -> None:
        """Take a row of an answer."""
        pending = self._pending.get(request_id)
        if pending is not None and len(pending.rows) < MAX_ROWS:
            pending.rows.append(row)

    def finish(self, request_id: int) -> None:
        """Take the end marker."""
        pending = self._pending.get(request_id)
        if pending is not None and not pending.future.done():
            pending.future.set_result(pending.rows)

    def refuse(self, request_id: int, code: int, text: str) -> bool:
        """Take an error; return whether it answers an open question."""
        pending = self._pending.get(request_id)
        if pending is None:
            return False
        if not pending.future.done():
            pending.future.set_exception(RequestRefusedError(pending.what, code, text))
        return True

    def fail_all(self, reason: str) -> None:
        """The link ended: no answer will come."""
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(LinkError(f"{pending.what} was not answered: {reason}."))
