"""The one place where refusals become HTTP: RFC 9457 problem+json with a stable `code`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from shared.messaging.outbox import TooLarge
from shared.messaging.parking_lot import ErasureStays
from shared.messaging.queues import NotFirst, NotParked
from shared.storage.errors import AlreadyThere, Overloaded, Stale, Unavailable
from shared.web.routes import route_of

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = "urn:peerpath:problem:"
"""What the `type` of every problem begins with; its `code` follows. A name, not an address."""

SAFE_HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""On every answer that sets none of its own: what is answered is about people."""

_STATUS: Mapping[type[Refusal], int] = {Forbidden: 403, NotFound: 404, Conflict: 409, Invalid: 422}
_CODES = {404: "no_such_route", 405: "method_not_allowed", 413: "body_too_large"}
"""By the status of what the framework itself refuses."""


class Problem(BaseModel):
    """What every refusal looks like (RFC 9457). Some codes add fields of their own."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`urn:peerpath:problem:` and the code.", examples=[f"{TYPES}role_missing"])
    title: str = Field(examples=["role missing"])
    status: int = Field(description="The HTTP status again.", examples=[403])
    code: str = Field(description="For programs; never changes its meaning.", examples=["role_missing"])
    detail: str = Field(
        description="For people: what is wrong, and what to do.",
        examples=["This needs the role coordinator at the site riverside."],
    )


class Unauthenticated(Exception):
    """No token, or one that does not hold; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class IssuerUnavailable(Exception):
    """Nobody can say whether a token holds: the issuer does not answer, and its keys are too old or unknown."""


class PreconditionFailed(Exception):
    """`If-Match` names no version that is the present one."""


class TooManyRequests(Exception):
    """A caller used something more often than its rate allows; `limit` uses in `every_s` seconds."""

    def __init__(self, name: str, *, limit: int, every_s: int, remaining: int, wait_s: int) -> None:
        super().__init__(
            f"At most {limit} such requests in {every_s} seconds are answered; send it again in {wait_s} seconds."
        )
        # https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers, version 10
        self.headers: Mapping[str, str] = {
            "Retry-After": str(wait_s),
            "RateLimit-Policy": f'"{name}";q={limit};w={every_s}',
            "RateLimit": f'"{name}";r={remaining};t={wait_s}',
        }


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """A problem+json answer. `code` is for programs and never changes its meaning, `detail` for people."""
    told = Problem(
        type=f"{TYPES}{code}", title=code.replace("_", " "), status=status, code=code, detail=detail
    )
    body = {**(more or {}), **told.model_dump()}
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers={**SAFE_HEADERS, **(headers or {})})


def install(app: FastAPI) -> None:
    """Map every error of the platform on this app."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_exception_handler(IssuerUnavailable, _no_issuer)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PreconditionFailed, _stale_etag)
    app.add_exception_handler(TooLarge, _too_large)
    app.add_exception_handler(NotParked, _not_parked)
    app.add_exception_handler(NotFirst, _not_first)
    app.add_exception_handler(ErasureStays, _erasure_stays)
    app.add_exception_handler(Stale, _busy)
    app.add_exception_handler(AlreadyThere, _taken)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(Overloaded, _overloaded)
    app.add_exception_handler(Exception, _unexpected)


def _refusal(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    status = next(status for kind, status in _STATUS.items() if isinstance(refusal, kind))
    return problem(status, refusal.code, refusal.message, more=refusal.details)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return _malformed()
    errors = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]} for one in error.errors()
    ]
    first = errors[0]
    return problem(422, "invalid_request", f"{first['where']}: {first['what']}", more={"errors": errors})


def _malformed() -> JSONResponse:
    return problem(400, "malformed_json", "The body is not JSON in UTF-8; send a JSON object.")


def _unauthenticated(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unauthenticated)
    # RFC 6750: a request without any token is told the scheme and nothing else.
    challenge = "Bearer" if error.code == "token_missing" else 'Bearer error="invalid_token"'
    return problem(401, error.code, str(error), headers={"WWW-Authenticate": challenge})


def _no_issuer(_: Request, __: Exception) -> JSONResponse:
    detail = "The sign-in service does not answer, so nobody can say who you are. Send the request again."
    return problem(503, "issuer_unavailable", detail, headers={"Retry-After": "10"})


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if (
        error.status_code == HTTPStatus.BAD_REQUEST
    ):  # FastAPI's word for bytes it can't parse, and nothing else.
        return _malformed()
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).name.lower())
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def _stale_etag(_: Request, error: Exception) -> JSONResponse:
    return problem(412, "stale_version", str(error))


def _too_large(_: Request, error: Exception) -> JSONResponse:
    return problem(413, "message_too_large", str(error))


def _not_parked(_: Request, error: Exception) -> JSONResponse:
    return problem(404, "not_parked", str(error))


def _not_first(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotFirst)
    return problem(409, "not_first", str(error), more={"first": error.first})


def _erasure_stays(_: Request, error: Exception) -> JSONResponse:
    return problem(409, "erasure_stays", str(error))


def _busy(_: Request, __: Exception) -> JSONResponse:
    detail = "Others are changing the same record right now; nothing was saved. Send the request again."
    return problem(503, "busy", detail, headers={"Retry-After": "1"})


def _taken(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AlreadyThere)
    detail = (
        f"There is already a record in {error.collection} with the same {error.index}; nothing was saved."
    )
    return problem(409, "already_there", detail)


def _unavailable(_: Request, error: Exception) -> JSONResponse:
    log.warning("unavailable", problem=str(error))
    detail = "The database does not answer. Send the same request again with the same Idempotency-Key."
    return problem(503, "unavailable", detail, headers={"Retry-After": "2"})


def overloaded() -> JSONResponse:
    """More is asked than can be done in time; nothing was begun."""
    detail = "Too many requests wait here already; nothing was done. Send the same request again in a moment."
    return problem(503, "overloaded", detail, headers={"Retry-After": "2"})


def stopping() -> JSONResponse:
    """The process ends before the answer is known."""
    detail = "This server is stopping. Send the same request again with the same Idempotency-Key."
    return problem(503, "stopping", detail, headers={"Retry-After": "2"})


def _overloaded(_: Request, __: Exception) -> JSONResponse:
    return overloaded()


def _too_many(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TooManyRequests)
    return problem(429, "too_many_requests", str(error), headers=error.headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected", route=route_of(request.scope).template, exc_info=error)
    return problem(500, "unexpected", "Something went wrong on our side; it was written to the log.")
