"""What the API's own pages say: every route has an example, and every example holds."""

from collections.abc import Iterator
from inspect import getmembers, isclass
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from services.training.api import routers
from services.training.api.views import (
    attempt,
    certificate,
    cohort,
    enrolment,
    learning,
    move,
    programme,
    review,
    site_programme,
    submissions,
    support,
)
from services.training.api.views import (
    document as documents,
)


def document() -> dict[str, Any]:
    """Training's OpenAPI document."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    return app.openapi()


def schemas_of(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of a route's body and of what it answers when all is well."""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for part in (operation.get("requestBody", {}), *answers):
        for content in part.get("content", {}).values():
            yield content.get("schema", {})


def examples(schema: Any, named: dict[str, Any]) -> list[Any]:
    """The examples in a schema, in the model it refers to, or in those of its items."""
    if not isinstance(schema, dict):
        return []
    found = list(schema.get("examples", []))
    if "$ref" in schema:
        found += examples(named[schema["$ref"].rsplit("/", 1)[-1]], named)
    found += examples(schema.get("items"), named)
    found += examples(schema.get("properties", {}).get("items"), named)
    return found


def test_every_route_has_an_example() -> None:
    """Every route shows an example of what it takes or of what it answers."""
    made = document()
    named = made["components"]["schemas"]
    without = [
        f"{method} {path}"
        for path, operations in made["paths"].items()
        for method, operation in operations.items()
        if not any(examples(schema, named) for schema in schemas_of(operation))
    ]

    assert without == []


@pytest.mark.parametrize(
    "kind",
    [
        documents,
        move,
        site_programme,
        attempt,
        certificate,
        cohort,
        enrolment,
        learning,
        programme,
        review,
        submissions,
        support,
    ],
)
def test_every_example_holds(kind: ModuleType) -> None:
    """What is shown as an answer is one that could be given, with every field and no other."""
    ours = [model for _, model in getmembers(kind, isclass) if model.__module__ == kind.__name__]
    models = [model for model in ours if issubclass(model, BaseModel)]
    shown = {model: example for model in models for example in model.model_json_schema().get("examples", [])}

    assert shown
    for model, example in shown.items():
        assert example.keys() <= model.model_fields.keys()
        model.model_validate(example)
