"""What every request passes on its way in and out: limits of its body, safe headers, a span and a measurement."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUEST_SECONDS, tracer
from shared.web.problems import SAFE_HEADERS, problem
from shared.web.routes import NONE, route_of

BODY_LIMIT = 256 * 1024
BODY_WITHIN_S = 20.0
"""How long a body may take to arrive: whoever sends a byte now and then keeps no connection for ever."""
YAML = "application/yaml"
"""RFC 9512."""
JSON_OR_YAML = frozenset({"application/json", YAML})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE = [(name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()]
_TRACE_HEADERS = frozenset({b"traceparent", b"tracestate", b"baggage"})
WENT_AWAY = "499"
"""What nginx calls a client that closed the connection before it was answered."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An address that is posted a file of one type, in place of JSON, and up to so many bytes of it."""

    path: str
    media_type: str
    limit: int


class Bodies:
    """Refuses a body that is too large (as announced or as it comes), comes too slowly, or is neither JSON nor YAML.

    `forms` are what the addresses begin with to which our own pages send a form, as browsers do without JavaScript.
    `uploads` take a file of one type, and up to a limit of their own.
    FastAPI's own `max_body_size` refuses in plain text; every refusal of ours is a problem+json.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        within_s: float = BODY_WITHIN_S,
        forms: Sequence[str] = (),
        uploads: Sequence[Upload] = (),
    ) -> None:
        self._app = app
        self._forms = tuple(forms)
        self._within_s = within_s
        self._uploads = {upload.path: upload for upload in uploads}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        upload = self._uploads.get(scope["path"]) if scope["method"] == "POST" else None
        limit = upload.limit if upload else BODY_LIMIT
        try:
            async with asyncio.timeout(self._within_s):
                body = None if _announces_more(headers, limit) else await _read(receive, limit)
        except TimeoutError:
            detail = f"The body did not arrive within {self._within_s:g} seconds; send the request again."
            await problem(408, "body_too_slow", detail, headers={"Connection": "close"})(scope, receive, send)
            return
        if body is None:
            detail = f"A request may have {limit} bytes at most."
            await problem(413, "body_too_large", detail)(scope, receive, send)
        elif body and upload and _media_type(headers) != upload.media_type:
            detail = f"Send the file as it is, with the header `Content-Type: {upload.media_type}`."
            await problem(415, "wrong_media_type", detail)(scope, receive, send)
        elif body and not (upload or _says_what_it_is(headers) or self._is_form(scope, headers)):
            detail = "Send the body as JSON, with the header `Content-Type: application/json`."
            await problem(415, "not_json", detail)(scope, receive, send)
        else:
            await self._app(scope, _replaying(body, receive), send)

    def _is_form(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        return scope["path"].startswith(self._forms) and _is_form(headers)


def _parent(scope: Scope) -> Context | None:
    """The trace that the caller began, if they said so."""
    carrier = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in _TRACE_HEADERS
    }
    return propagate.extract(carrier) if carrier else None


class WentAway(Exception):
    """The client closed the connection before its request was whole."""


def _announces_more(headers: Mapping[str, str], limit: int) -> bool:
    announced = headers.get("content-length", "0")
    return announced.isdecimal() and int(announced) > limit


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None once it is over the limit."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise WentAway
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        more = message.get("more_body", False)
    return bytes(body)


def _says_what_it_is(headers: Mapping[str, str]) -> bool:
    """JSON; or YAML, which some routes take and the others find to be no JSON."""
    kind = _media_type(headers)
    return kind in JSON_OR_YAML or (kind.startswith("application/") and kind.endswith("+json"))


def _is_form(headers: Mapping[str, str]) -> bool:
    return _media_type(headers) == "application/x-www-form-urlencoded"


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _replaying(body: bytes, receive: Receive) -> Receive:
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return whole.pop() if whole else await receive()

    return replay


class Observed:
    """A span and a measurement for every request, in the trace the caller began; safe headers on every answer."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = WENT_AWAY

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                own = {name for name, _ in message["headers"]}
                message["headers"] += [pair for pair in _SAFE if pair[0] not in own]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else NONE.template
        parent = _parent(scope)
        with tracer.start_as_current_span(
            method, context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                await self._app(scope, receive, sent)
            except WentAway:
                pass
            except asyncio.CancelledError:
                raise
            except BaseException:
                status = "500"
                raise
            finally:
                route = route_of(scope).template
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", int(status))
                seconds = time.perf_counter() - began
                REQUEST_SECONDS.labels(self._service, method, route, status).observe(seconds)
