"""The application factory: one FastAPI app with errors, health, metrics and limits, for every service."""

import time
from collections.abc import Sequence

from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from opentelemetry import propagate
from opentelemetry.trace import SpanKind
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.messaging import broker
from shared.storage.errors import StorageError
from shared.telemetry import REQUEST_SECONDS, tracer
from shared.web import problems

BODY_LIMIT = 256 * 1024


def create_app(name: str, routers: Sequence[APIRouter], runtime: object) -> FastAPI:
    """The app of one service. `runtime` (see `shared.service`) is what its routes work with."""
    app = FastAPI(
        title=f"Peerpath {name}",
        version="1",
        redoc_url=None,
        responses={"default": {"description": "A problem (RFC 9457).", "content": {problems.MEDIA_TYPE: {}}}},
        # FastAPI's own spans carry whole addresses, such as that of a certificate which nobody should guess.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.runtime = runtime
    problems.install(app)
    app.add_middleware(_BodyLimit)
    app.add_middleware(_Observed, service=name)
    app.include_router(_health())
    for router in routers:
        app.include_router(router)
    return app


class _BodyLimit:
    """Refuses a body over the limit, announced or streamed, before anything reads it into memory.

    FastAPI's own `max_body_size` refuses in plain text; every refusal of ours is a problem+json.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > BODY_LIMIT:
                detail = f"A request may have {BODY_LIMIT} bytes at most."
                await problems.problem(413, "body_too_large", detail)(scope, receive, send)
                return
            if not message.get("more_body"):
                break
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)


class _Observed:
    """A span and a measurement for every request, in the trace the caller began."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = "500"

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        method = scope["method"]
        parent = propagate.extract(dict(Headers(scope=scope)))
        with tracer.start_as_current_span(
            method, context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                await self._app(scope, receive, sent)
            finally:
                route = getattr(scope.get("route"), "path", "-")
                span.update_name(f"{method} {route}")
                span.set_attribute("http.response.status_code", int(status))
                seconds = time.perf_counter() - began
                REQUEST_SECONDS.labels(self._service, route, status).observe(seconds)


def _health() -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    async def live(request: Request) -> JSONResponse:
        """Is every loop of this process getting round? 503 names those that don't."""
        stuck = request.app.state.runtime.progress.stuck()
        return JSONResponse(
            {"live": not stuck, "stuck": {loop: round(age, 1) for loop, age in stuck.items()}},
            503 if stuck else 200,
        )

    @router.get("/health/ready")
    async def ready(request: Request) -> JSONResponse:
        """Can this process do its work now? 503 says what is missing."""
        missing = await _missing(request.app.state.runtime)
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _missing(runtime: object) -> dict[str, str]:
    missing: dict[str, str] = {}
    try:
        await runtime.database.ping()  # type: ignore[attr-defined]
    except StorageError as problem:
        missing["mongodb"] = str(problem)
    if runtime.needs_kafka:  # type: ignore[attr-defined]
        try:
            await broker.ping(runtime.settings.kafka_url)  # type: ignore[attr-defined]
        except (KafkaError, OSError) as problem:
            missing["kafka"] = str(problem)
    missing.update(runtime.progress.waiting())  # type: ignore[attr-defined]
    return missing
