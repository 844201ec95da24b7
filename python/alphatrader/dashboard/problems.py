"""Errors as RFC 9457 problem bodies: one line that says what happened, why, and what to do."""

import http

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from alphatrader.domain.errors import LinkError, PeerRefusedError, UnansweredError

AnyRequest = Request[object, object, object]  # type: ignore[type-var]


def problem(status: int, detail: str, **members: object) -> Response[bytes]:
    """Build a problem response; ``members`` are added to the body."""
    body = {"type": "about:blank", "title": http.HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(msgspec.json.encode({**body, **members}), status_code=status, media_type="application/problem+json")


def _http(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    reasons = [str(item.get("message", item)) for item in error.extra or [] if isinstance(item, dict)]
    return problem(error.status_code, "; ".join([error.detail, *reasons]))


def _trader_missing(_: AnyRequest, error: LinkError) -> Response[bytes]:
    return problem(503, str(error))


def _unanswered(_: AnyRequest, error: UnansweredError) -> Response[bytes]:
    return problem(504, str(error))


def _refused(_: AnyRequest, error: PeerRefusedError) -> Response[bytes]:
    return problem(409, str(error))


PROBLEM_HANDLERS: ExceptionHandlersMap = {
    HTTPException: _http,
    LinkError: _trader_missing,
    UnansweredError: _unanswered,
    PeerRefusedError: _refused,
}
