"""A programme as it is sent: JSON or YAML, without its head."""

import json
from datetime import datetime
from typing import Any

from fastapi import Request

from services.training.api.views import examples
from services.training.domain.programme import Programme, Programmes
from services.training.domain.reading import Fault, ProgrammeError, programme_of
from services.training.domain.site_programme import HEAD
from services.training.rulebook import parse, with_questions
from services.training.settings import shipped_banks
from shared.domain.errors import Invalid
from shared.web.edge import YAML

_BODY = {"schema": {"type": "object", "description": "The rules.", "examples": [examples.RULES]}}
DRAFT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": _BODY, "application/yaml": {"schema": {"type": "string"}}},
    }
}


async def programme_in(request: Request, *, code: str, now: datetime, programmes: Programmes) -> Programme:
    """The programme in a request's body. Raises Invalid `programme_invalid` with every fault."""
    try:
        return _read(await request.body(), _is_yaml(request), code=code, now=now, programmes=programmes)
    except ProgrammeError as wrong:
        raise Invalid(
            "programme_invalid",
            f"These rules can't be used. {' '.join(f'{fault}.' for fault in wrong.faults)}",
            faults=[fault.model_dump() for fault in wrong.faults],
        ) from None


def _is_yaml(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == YAML


def _read(body: bytes, is_yaml: bool, *, code: str, now: datetime, programmes: Programmes) -> Programme:
    data = _data(body, is_yaml)
    if not isinstance(data, dict):
        raise ProgrammeError(
            code, [Fault(where="", what="it is no programme", remedy="send its rules as an object")]
        )
    if own := sorted(HEAD & data.keys()):
        what = "the code, the version and the date are given by copying and publishing"
        raise ProgrammeError(code, [Fault(where=name, what=what, remedy="leave it out") for name in own])
    data = with_questions(data, shipped_banks(programmes), file=code)
    return programme_of({**data, "code": code, "version": 1, "effective_from": now}, file=code)


def _data(body: bytes, is_yaml: bool) -> Any:
    try:
        text = body.decode()
        return parse(text, file="body") if is_yaml else json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as broken:
        kind = "YAML" if is_yaml else "JSON"
        fault = Fault(where="", what=f"this is no {kind} in UTF-8", remedy=f"correct it: {broken}")
        raise ProgrammeError("body", [fault]) from None
