"""The stored schemas and samples, and a strict reading of them."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from shared.contracts.envelope import EventData
from shared.contracts.generate import ROOT, SAMPLES, SCHEMAS
from shared.contracts.schemas.derive import declared

EVENTS = declared()
FORMATS = FormatChecker(("email",))


def _is_moment(value: object) -> bool:
    """RFC 3339, which the validator checks only with a further library."""
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and " " not in value


def _is_absolute(value: object) -> bool:
    """RFC 3986: a scheme, a colon and something after it."""
    return isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", value) is not None


FORMATS.checks("date-time", raises=ValueError)(_is_moment)
FORMATS.checks("uri-reference")(_is_reference)
FORMATS.checks("uri")(_is_absolute)


def stored(path: Path) -> Any:
    """The JSON in a file of the repository; `path` is relative to its root."""
    return json.loads((ROOT / path).read_text("utf-8"))


def stored_schema(type: str) -> Any:
    """The schema of an event as it is committed."""
    return stored(SCHEMAS / f"{type}.json")


def sample_text(type: str) -> bytes:
    """The sample of an event as it is committed: the value of a message."""
    return (ROOT / SAMPLES / f"{type}.json").read_bytes()


def read(type: str) -> EventData:
    """The sample of an event as today's code reads it."""
    return EVENTS[type].model_validate_json(sample_text(type))


def complaints(schema: Any, document: Any) -> list[str]:
    """What a validator that checks formats finds wrong with the document."""
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
