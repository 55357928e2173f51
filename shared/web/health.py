"""Health: live means that every loop gets round, ready that what the process needs answers.

Answers hold codes alone; anybody may ask, and what went wrong is for the log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from shared.messaging import broker
from shared.storage.errors import StorageError
from shared.web.runtime import WebRuntime

log = structlog.get_logger(__name__)

SHARED_FOR_S = 2.0
CHECK_WITHIN_S = 2.0


class Live(BaseModel):
    """Whether the process is alive, and the loops that are stuck."""

    live: bool
    stuck: list[str]


class Ready(BaseModel):
    """Whether the process can work, and the codes of what it lacks: `mongodb`, `kafka`, or a loop held up."""

    ready: bool
    missing: list[str]


class Readiness:
    """What is missing now; whoever asks within two seconds of another gets the same answer."""

    def __init__(self, runtime: WebRuntime, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._until = float("-inf")
        self._missing: list[str] = []

    async def missing(self) -> list[str]:
        """The codes of what is missing; known within `CHECK_WITHIN_S`."""
        async with self._asking:
            if self._monotonic() >= self._until:
                self._missing = await self._check()
                self._until = self._monotonic() + SHARED_FOR_S
            return self._missing

    async def _check(self) -> list[str]:
        asked = {"mongodb": _problem_of(self._runtime.database.ping())}
        if self._runtime.needs_kafka:
            client_id = broker.client_id_of(self._runtime.name)
            asked["kafka"] = _problem_of(broker.ping(self._runtime.settings.kafka_url, client_id=client_id))
        said = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
        problems = {code: problem for code, problem in said.items() if problem}
        problems.update(self._runtime.progress.waiting())
        if problems:
            log.warning("not_ready", **problems)
        return sorted(problems)


async def _problem_of(ping: Awaitable[None]) -> str | None:
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            await ping
    except TimeoutError:
        return f"no answer within {CHECK_WITHIN_S} s"
    except (StorageError, broker.Unreachable) as problem:
        return str(problem)
    return None


def router() -> APIRouter:
    """The routes `/health/live`, `/health/ready` and `/metrics`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", response_model=Live, responses=_answers(Live, {"live": True, "stuck": []}))
    async def live(request: Request) -> JSONResponse:
        """Is every loop of this process getting round? 503 names those that don't."""
        stuck = sorted(request.app.state.runtime.progress.stuck())
        return JSONResponse({"live": not stuck, "stuck": stuck}, 503 if stuck else 200)

    @routes.get(
        "/health/ready", response_model=Ready, responses=_answers(Ready, {"ready": True, "missing": []})
    )
    async def ready(request: Request) -> JSONResponse:
        """Can this process do its work now? 503 says what is missing."""
        missing = await request.app.state.readiness.missing()
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _answers(model: type[BaseModel], good: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    [yes, codes] = good
    bad = {yes: False, codes: ["relay"] if model is Live else ["kafka"]}
    return {
        200: {"content": {"application/json": {"example": good}}},
        503: {"model": model, "description": "No.", "content": {"application/json": {"example": bad}}},
    }
