"""HTTP that asks again, with the same Idempotency-Key, until an answer settles it; and writes that down."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import httpx
import jwt

from tests.chaos.history import Record

PATIENCE_S = 240.0
TRY_WITHIN_S = 12.0
"""Less than the longest pauses last, so that a request meets its own twin."""
PAUSE_S = (0.2, 1.5)
ABOUT: ContextVar[tuple[str, str]] = ContextVar("ABOUT", default=("-", "-"))
"""Whose story it is, and at which site; set by each story's task."""


def settles(status: int) -> bool:
    """Is it known now what became of a request?"""
    return status < httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.TOO_MANY_REQUESTS


class AskAgain(httpx.AsyncBaseTransport):
    """Faults cost time and nothing else. Only commands to a service are written down, every try of them."""

    def __init__(self, history: Record, services: Mapping[int, str]) -> None:
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=20))
        self._history = history
        self._services = services

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer that settles it. Raises the last error where none came within `PATIENCE_S`."""
        request.extensions = {**request.extensions, "timeout": httpx.Timeout(TRY_WITHIN_S).as_dict()}
        deadline = time.monotonic() + PATIENCE_S
        facts = self._facts(request)
        self._note("asked", facts)
        while True:
            asked = time.time()
            try:
                answer = await self._inner.handle_async_request(request)
                await answer.aread()
            except httpx.TransportError as problem:
                self._note("unanswered", facts, asked=asked, problem=type(problem).__name__)
                if time.monotonic() > deadline:
                    raise
            else:
                self._note("answered", facts, asked=asked, **_of(answer))
                if settles(answer.status_code) or time.monotonic() > deadline:
                    return answer
            await asyncio.sleep(random.uniform(*PAUSE_S))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    def _facts(self, request: httpx.Request) -> dict[str, Any] | None:
        service = self._services.get(request.url.port or 0)
        if service is None or request.method == "GET":
            return None
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        claims = jwt.decode(bearer, options={"verify_signature": False}) if bearer else {}
        person, site = ABOUT.get()
        return {
            "who": claims.get("sub"),
            "person": person,
            "site": site,
            "service": service,
            "method": request.method,
            "path": request.url.path,
            "key": request.headers.get("Idempotency-Key"),
            "body": hashlib.sha256(request.content).hexdigest()[:16],
        }

    def _note(self, what: str, facts: Mapping[str, Any] | None, **more: Any) -> None:
        if facts is not None:
            self._history.note(what, **facts, **more)


def _of(answer: httpx.Response) -> dict[str, Any]:
    """What is kept of an answer: ids, never a text; of a refusal its code."""
    try:
        body = answer.json()
    except json.JSONDecodeError:
        body = {}
    flat = body if isinstance(body, dict) else {}
    kept = (
        "candidate",
        "person",
        "enrolment",
        "placement",
        "entry",
        "session",
        "review",
        "certificate",
        "code",
    )
    return {
        "status": answer.status_code,
        "etag": answer.headers.get("ETag"),
        "ids": {name: flat[name] for name in (*kept, "id") if isinstance(flat.get(name), str)},
    }
