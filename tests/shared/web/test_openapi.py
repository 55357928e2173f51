"""The OpenAPI document of every service says how to call it, with an example of everything."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from shared.service import main
from shared.web.app import bare_app
from shared.web.openapi import document, operations

ROOT = Path(__file__).parents[3]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))
Json = dict[str, Any]
SHOWN = frozenset({"example", "examples", "const", "enum"})


def described(service: str) -> Json:
    found = import_module(f"services.{service}.service").SERVICE
    return document(bare_app(service, found.all_routers))


def is_shown(schema: Json, whole: Json) -> bool:
    """Has a schema an example, of itself or of its parts: each that has to be there, and one at least?"""
    if SHOWN & schema.keys() or schema.get("type") in ("boolean", "null"):
        return True
    if "$ref" in schema:
        return is_shown(whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    for several in ("allOf", "anyOf", "oneOf"):
        if several in schema:
            return any(is_shown(one, whole) for one in schema[several] if one.get("type") != "null")
    if schema.get("type") == "array":
        return is_shown(schema["items"], whole)
    shown = {name for name, part in schema.get("properties", {}).items() if is_shown(part, whole)}
    return bool(shown) and shown >= set(schema.get("required", ()))


def without_example(whole: Json) -> Iterator[str]:
    """A line for each body and each successful answer in JSON that has none."""
    for (path, method), operation in operations(whole):
        bodies = {"request": operation.get("requestBody", {})}
        bodies |= {f"answer {code}": one for code, one in operation["responses"].items() if code[0] == "2"}
        for what, body in bodies.items():
            content = body.get("content", {}).get("application/json")
            if content and not SHOWN & content.keys() and not is_shown(content.get("schema", {}), whole):
                yield f"{method.upper()} {path}: no example of the {what}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_and_every_answer_has_an_example(service: str) -> None:
    """Whoever reads the document sees what to send and what comes back; what lacks an example is listed."""
    lacking = list(without_example(described(service)))
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_holds(service: str) -> None:
    """What is shown as a body or an answer is valid under the schema it stands in.

    FastAPI leaves nulls out of examples, so that a field is missing is no mistake of ours.
    """
    whole = described(service)
    wrong = [
        f"{name}: {error.json_path}: {error.message}"
        for name, schema in whole["components"]["schemas"].items()
        for example in schema.get("examples", [])
        for error in Draft202012Validator({**schema, "components": whole["components"]}).iter_errors(example)
        if error.validator != "required"
    ]
    assert not wrong, "\n".join(wrong)


def test_what_lacks_an_example_is_found() -> None:
    """A body or an answer without one is listed, and one whose required parts have examples is not."""
    bare, shown = {"type": "string"}, {"type": "string", "examples": ["x"]}

    def of(field: Json) -> Json:
        schema = {"type": "object", "required": ["a"], "properties": {"a": field, "b": bare}}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}}
        post = {"requestBody": {"content": content}, "responses": {"200": {"content": content}, "404": {}}}
        return {"paths": {"/x": {"post": post}}, "components": {"schemas": {"One": schema}}}

    assert list(without_example(of(shown))) == []
    assert list(without_example(of(bare))) == [
        "POST /x: no example of the request",
        "POST /x: no example of the answer 200",
    ]


FOR_EVERYBODY = {
    ("get", f"/v1/{path}") for path in ("sites", "application-form", "consents", "references/{token}")
}
"""What somebody reads who is about to apply."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_how_it_refuses_and_who_may(service: str) -> None:
    """Each names the problem it answers with; all but health and what is for everybody ask for a token."""
    whole = described(service)
    assert "HTTPValidationError" not in json.dumps(whole)
    for (path, verb), operation in operations(whole):
        refused = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert refused == {"$ref": "#/components/schemas/Problem"}
        needs_one = path.startswith("/v1/") and (verb, path) not in FOR_EVERYBODY
        assert ("security" in operation) == needs_one, path
    assert whole["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {"type", "title", "status", "code", "detail"} == set(
        whole["components"]["schemas"]["Problem"]["required"]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_takes_a_key_and_a_version_and_answers_with_one(service: str) -> None:
    """Whatever changes something takes Idempotency-Key and If-Match, and says that its answer has an ETag.

    Only what operators do has no one record behind it whose version could be meant.
    """
    for (path, method), operation in operations(described(service)):
        if method not in ("post", "put", "patch", "delete"):
            continue
        if path.startswith("/v1/parking/"):
            assert [one["name"] for one in operation["parameters"]] == ["Idempotency-Key"], path
            continue
        assert {"Idempotency-Key", "If-Match"} <= {one["name"] for one in operation["parameters"]}, path
        done = [one for code, one in operation["responses"].items() if code[0] == "2"]
        assert ["headers" in one for one in done].count(True) == 1, path


@pytest.mark.parametrize("service", SERVICES)
def test_the_written_document_is_fresh(service: str) -> None:
    """What is committed is what the routes say today."""
    stored = (ROOT / "docs/openapi" / f"{service}.json").read_text("utf-8")
    assert json.loads(stored) == described(service), (
        f"run: python -m services.{service} openapi ... (make generate)"
    )


def test_a_stale_document_is_named(tmp_path: Path) -> None:
    """With `--check` nothing is written and the stale file is named; without it the file is made fresh."""
    service, file = import_module("services.training.service").SERVICE, tmp_path / "docs" / "training.json"
    for argv, code in (
        (["--check"], f"{file} is stale: run `make generate`"),
        ([], None),
        (["--check"], None),
    ):
        with pytest.raises(SystemExit) as ended:
            main(service, ["openapi", str(file), *argv])
        assert ended.value.code == code


async def test_the_page_of_documentation_needs_no_outside_host() -> None:
    """Everything the page loads comes from the service itself, and is there."""
    transport = httpx.ASGITransport(app=bare_app("recruitment", ()))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        page = (await client.get("/docs")).text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(loaded) >= 3
        for address in loaded:
            assert address.startswith("/"), f"{address} is somewhere else"
            assert (await client.get(address)).status_code == 200
