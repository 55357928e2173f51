"""The OpenAPI document of a service: what FastAPI derives from its routes, and what holds for every route.

It is also written to `docs/openapi/<service>.json`: `python -m services.<name> openapi <file>`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_type_hints

from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from shared.web.auth import BEARER
from shared.web.commands import public_command, signed_in, signed_in_command
from shared.web.etags import MATCH_HEADER, MATCH_LIMIT
from shared.web.idempotency import KEY_HEADER, KEY_LIMIT
from shared.web.operating import operation_of
from shared.web.problems import MEDIA_TYPE, Problem

Json = dict[str, Any]
Dependency = Callable[..., Any]

ABOUT = (
    "Every refusal is a problem (RFC 9457) with a stable `code`. Commands take an `Idempotency-Key`, which makes "
    "repeating them safe for 48 hours, and `If-Match` with the `ETag` of what the decision is based on. Lists go on "
    "with the `cursor` that `next` holds."
)
_FRAMEWORK_S = ("HTTPValidationError", "ValidationError")
"""FastAPI's own shape of what is invalid, which is not what we answer."""
_REFUSED: Json = {
    "description": "A problem (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ETAG: Json = {
    "description": "The record's version, for `If-Match`.",
    "schema": {"type": "string"},
    "example": '"3"',
}


_KEY: Json = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "Repeat a request safely.",
    "schema": {"type": "string", "maxLength": KEY_LIMIT},
    "example": "7f3c",
}
_MATCH: Json = {
    "name": MATCH_HEADER,
    "in": "header",
    "required": False,
    "description": "The ETag that the decision is based on.",
    "schema": {"type": "string", "maxLength": MATCH_LIMIT},
    "example": '"3"',
}


def install(app: FastAPI) -> None:
    """Make this the document that the app serves."""
    app.openapi = lambda: document(app)  # type: ignore[method-assign]


def document(app: FastAPI) -> Json:
    """The whole document; made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for name in _FRAMEWORK_S:
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema()
        bearer = BEARER.model.model_dump(mode="json", by_alias=True, exclude_none=True)
        made["components"]["securitySchemes"] = {BEARER.scheme_name: bearer}
        versioned, asked = dict(_versioned(app)), dict(_asked(app))
        for at, operation in operations(made):
            _complete(operation, asked.get(at, frozenset()), status=versioned.get(at))
        app.openapi_schema = made
    return app.openapi_schema


def operations(document: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    """Every operation with its path and method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield (path, method), operation


def _complete(operation: Json, asked: frozenset[Dependency], *, status: str | None) -> None:
    """`status` is that of an answer with an ETag, if there is one; `asked` is what the route depends on."""
    answers = operation["responses"]
    if _FRAMEWORK_S[0] in str(answers.get("422")):
        del answers["422"]
    answers["default"] = _REFUSED
    if asked & {signed_in_command, public_command}:
        operation.setdefault("parameters", []).extend((_KEY, _MATCH))
    elif operation_of in asked:
        operation.setdefault("parameters", []).append(_KEY)
        status = None  # It changes many records, and none has one version to tell.
    signs_in: Json = {BEARER.scheme_name: []}
    if public_command in asked:
        operation["security"] = [{}, signs_in]  # Anybody may; who is signed in is known by name.
    elif asked & {signed_in, signed_in_command}:
        operation["security"] = [signs_in]
    if "security" in operation and status in answers:
        answers[status]["headers"] = {"ETag": _ETAG}


def _asked(app: FastAPI) -> Iterator[tuple[tuple[str, str], frozenset[Dependency]]]:
    """What each route depends on, whatever lies between."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is not None:
            for method in context.methods or ():
                yield (str(context.path_format), method.lower()), frozenset(_calls(dependant))


def _calls(dependant: Dependant) -> Iterator[Dependency]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _calls(one)


def _versioned(app: FastAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """The routes that build their answer themselves, as `shown` and commands do: with the version as ETag.

    Each with the status of that answer.
    """
    for context in iter_route_contexts(app.routes):
        if context.endpoint and get_type_hints(context.endpoint).get("return") is Response:
            for method in context.methods or ():
                yield (str(context.path_format), method.lower()), str(context.status_code or 200)


def write(app: FastAPI, file: Path, *, check: bool) -> Sequence[str]:
    """Write the document; with `check` only say, in a sentence, that the file is stale."""
    text = json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"
    if file.exists() and file.read_text("utf-8") == text:
        return ()
    if check:
        return (f"{file} is stale: run `make generate`",)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return ()
