"""A breaking change within one version of an event is refused, with the remedy."""

from copy import deepcopy
from typing import Any

import pytest

from shared.contracts.compatibility import breaking_changes
from shared.contracts.schemas.derive import schema_of
from tests.contracts.golden import EVENTS, stored_schema

OLD: dict[str, Any] = stored_schema("peerpath.recruitment.candidate.screened.v1")


def changed(**fields: Any) -> dict[str, Any]:
    """The old schema with some fields' schemas replaced or, with None, taken away."""
    new = deepcopy(OLD)
    new["properties"] |= fields
    new["properties"] = {name: field for name, field in new["properties"].items() if field is not None}
    new["required"] = [name for name in new["required"] if name in new["properties"]]
    return new


def with_required(*names: str) -> dict[str, Any]:
    """The old schema with other required fields."""
    return {**deepcopy(OLD), "required": list(names)}


def with_outcomes(*outcomes: str) -> dict[str, Any]:
    """The old schema with other values of `outcome`, which is a reference."""
    new = deepcopy(OLD)
    new["$defs"]["ScreeningOutcome"]["enum"] = list(outcomes)
    return new


CODE = OLD["properties"]["programme"]
BREAKING = {
    "field `deferred_until` is gone": changed(deferred_until=None),
    "field `decided_by` is gone": changed(decided_by=None),
    "field `criteria_met` is required now": with_required(*OLD["required"], "criteria_met"),
    "field `level` is required now": {
        **changed(level={"type": "integer"}),
        "required": [*OLD["required"], "level"],
    },
    "field `outcome` may be missing now": with_required(
        *(name for name in OLD["required"] if name != "outcome")
    ),
    "`type` of field `programme` was string and is now integer": changed(
        programme={**CODE, "type": "integer"}
    ),
    "`maxLength` of field `programme` was 64 and is now 8": changed(programme={**CODE, "maxLength": 8}),
    "`maxLength` of field `programme` was 64 and is now absent": changed(
        programme={key: value for key, value in CODE.items() if key != "maxLength"}
    ),
    "`type` of field `criteria_met[]` was string and is now number": changed(
        criteria_met={**OLD["properties"]["criteria_met"], "items": {**CODE, "type": "number"}}
    ),
    "`enum` of field `outcome`": with_outcomes("accepted", "waiting", "deferred", "declined", "postponed"),
    "`enum` of field `outcome` was": with_outcomes("accepted", "declined"),
    "`additionalProperties` of the data as a whole was absent and is now False": {
        **OLD,
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("sentence", BREAKING)
def test_a_breaking_change_is_refused(sentence: str) -> None:
    """The refusal names the event, the field and the change, and says to put a new version beside the old."""
    refusals = breaking_changes(OLD, BREAKING[sentence])
    assert any(sentence in refusal for refusal in refusals), refusals
    assert all(refusal.startswith("peerpath.recruitment.candidate.screened.v1: ") for refusal in refusals)
    assert all("declare a new version beside the old" in refusal for refusal in refusals)


def test_one_change_is_told_once() -> None:
    """A changed field yields one sentence, about that field."""
    assert len(breaking_changes(OLD, changed(programme={**CODE, "type": "integer"}))) == 1


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(OLD, id="nothing"),
        pytest.param(changed(mode={"type": "string", "default": "remote"}), id="a new optional field"),
        pytest.param(
            changed(programme={**CODE, "title": "T", "description": "Other words."}), id="other words"
        ),
        pytest.param(with_required(*reversed(OLD["required"])), id="another order"),
        pytest.param(
            changed(outcome={"$ref": "#/$defs/Renamed"})
            | {"$defs": {**OLD["$defs"], "Renamed": OLD["$defs"]["ScreeningOutcome"]}},
            id="a renamed class",
        ),
    ],
)
def test_a_compatible_change_is_let_through(new: dict[str, Any]) -> None:
    """New optional fields and other words are no breaking change."""
    assert breaking_changes(OLD, new) == []


@pytest.mark.parametrize("type", EVENTS)
def test_every_contract_keeps_the_promise_of_its_stored_schema(type: str) -> None:
    """No event's code breaks the schema that subscribers have."""
    assert breaking_changes(stored_schema(type), schema_of(EVENTS[type])) == []
