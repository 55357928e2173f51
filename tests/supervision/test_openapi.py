"""The description of the routes that others read."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.supervision.api import router
from shared.web.app import bare_app

DOCUMENT: dict[str, Any] = bare_app("supervision", (router,)).openapi()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    return schema


def has_example(schema: dict[str, Any]) -> bool:
    """Has it one of its own, or every part of it?"""
    if "examples" in schema or "examples" in resolved(schema):
        return True
    schema = resolved(schema)
    if schema.get("type") == "array":
        return has_example(schema["items"])
    fields = {name: field for name, field in schema.get("properties", {}).items() if name != "next"}
    return bool(fields) and all(has_example(field) for field in fields.values())


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """What every route takes and answers, by a name for the test."""
    for path, methods in DOCUMENT["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in methods.items():
                good = next(answer for status, answer in operation["responses"].items() if status[0] == "2")
                yield f"{method} {path} answers", good["content"]["application/json"]["schema"]
                if "requestBody" in operation:
                    content = operation["requestBody"]["content"]
                    yield f"{method} {path} takes", content["application/json"]["schema"]


@pytest.mark.parametrize("schema", [pytest.param(schema, id=name) for name, schema in bodies()])
def test_every_route_has_an_example(schema: dict[str, Any]) -> None:
    """What a route takes, and what it answers, is shown by an example."""
    assert has_example(schema)
