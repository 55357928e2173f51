"""The one place where refusals become HTTP: RFC 9457 problem+json with a stable `code`."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from shared.messaging.outbox import TooLarge
from shared.storage.errors import AlreadyThere, Stale, Unavailable

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

_STATUS: Mapping[type[Refusal], int] = {Forbidden: 403, NotFound: 404, Conflict: 409, Invalid: 422}


class Unauthenticated(Exception):
    """No token, or one that does not hold; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PreconditionFailed(Exception):
    """`If-Match` names a version that is no longer the present one."""


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """A problem+json answer. `code` is for programs and never changes its meaning, `detail` for people."""
    body = {"type": f"/problems/{code}", "title": code.replace("_", " "), "status": status, "code": code}
    return JSONResponse(
        {**body, "detail": detail, **(more or {})}, status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def install(app: FastAPI) -> None:
    """Map every error of the platform on this app."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PreconditionFailed, _stale_etag)
    app.add_exception_handler(TooLarge, _too_large)
    app.add_exception_handler(Stale, _busy)
    app.add_exception_handler(AlreadyThere, _taken)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


def _refusal(_: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    status = next(status for kind, status in _STATUS.items() if isinstance(refusal, kind))
    return problem(status, refusal.code, refusal.message, more=refusal.details)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": one["msg"]} for one in error.errors()
    ]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return problem(
            400, "malformed_json", "The body is not JSON; send a JSON object.", more={"errors": errors}
        )
    first = errors[0]
    return problem(422, "invalid_request", f"{first['where']}: {first['what']}", more={"errors": errors})


def _unauthenticated(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unauthenticated)
    return problem(401, error.code, str(error), headers={"WWW-Authenticate": "Bearer"})


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {404: "no_such_route", 405: "method_not_allowed", 413: "body_too_large"}
    code = codes.get(error.status_code, f"http_{error.status_code}")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def _stale_etag(_: Request, error: Exception) -> JSONResponse:
    return problem(412, "stale_version", str(error))


def _too_large(_: Request, error: Exception) -> JSONResponse:
    return problem(413, "message_too_large", str(error))


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
    return problem(503, "unavailable", detail, headers={"Retry-After": str(RETRY_AFTER_S)})


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected", route=request.url.path, exc_info=error)
    return problem(500, "unexpected", "Something went wrong on our side; it was written to the log.")
