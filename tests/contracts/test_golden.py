"""Contracts hold in both directions: today's code reads what is stored, stored schemas accept what it writes."""

import json
from typing import Any

import pytest

from shared.contracts.generate import ROOT, SAMPLES, SCHEMAS
from tests.contracts.golden import EVENTS, complaints, read, sample_text, stored_schema


def test_every_event_has_a_schema_and_a_sample() -> None:
    """There is one schema and one sample per event, and none of an event that is gone."""
    assert {path.stem for path in (ROOT / SCHEMAS).glob("*.json")} == EVENTS.keys()
    assert {path.stem for path in (ROOT / SAMPLES).glob("*.json")} == EVENTS.keys()


@pytest.mark.parametrize("type", EVENTS)
def test_todays_code_reads_and_keeps_the_stored_sample(type: str) -> None:
    """Everything a stored sample says is still there after today's code has read and written it."""
    assert json.loads(sample_text(type)).items() <= json.loads(read(type).model_dump_json()).items()


@pytest.mark.parametrize("type", EVENTS)
def test_the_stored_schema_accepts_todays_data(type: str) -> None:
    """What today's code writes is valid under the schema that subscribers have."""
    assert complaints(stored_schema(type), json.loads(read(type).model_dump_json())) == []


@pytest.mark.parametrize("type", EVENTS)
def test_only_what_is_required_is_enough(type: str) -> None:
    """An event without its optional fields is valid, is read, and its defaults are valid again."""
    schema = stored_schema(type)
    bare = {
        name: value for name, value in json.loads(sample_text(type)).items() if name in schema["required"]
    }
    assert complaints(schema, bare) == []
    assert complaints(schema, json.loads(EVENTS[type].model_validate(bare).model_dump_json())) == []


@pytest.mark.parametrize("type", EVENTS)
def test_content_is_open(type: str) -> None:
    """A field nobody knows yet is accepted by the schema and passed over by today's code."""
    later = {**json.loads(sample_text(type)), "field_of_a_later_day": {"of": ["any", "kind"]}}
    assert complaints(stored_schema(type), later) == []
    assert EVENTS[type].model_validate(later) == read(type)


@pytest.mark.parametrize(
    ("field", "value"),
    [("valid_until", "soon"), ("valid_until", "2026-03-02T09:30:00"), ("granted_by", ""), ("site", None)],
)
def test_the_validator_is_strict(field: str, value: Any) -> None:
    """A wrong format, a time without its offset, an empty id and a null are found, so that silence means valid."""
    type = "peerpath.training.certification.granted.v1"
    assert complaints(stored_schema(type), {**json.loads(sample_text(type)), field: value})
