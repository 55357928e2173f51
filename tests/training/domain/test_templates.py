"""The programmes that ship: complete, each number with its source, and what was compared said to be."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import yaml

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.figures import Sourced
from services.training.domain.programme import Programme
from tests.training.builders import OPENED, PROGRAMMES

CODES = ("california-mcpss", "core", "icrc-pr", "pennsylvania-cps", "samhsa-2023", "texas-mhps")
HOUSE = ("own choice", "own division", "not found confirmed", "taken as", "reported")
"""What a source says that is none, or that nobody has compared."""


def template(code: str) -> Programme:
    return PROGRAMMES.version(code, 1)


def sourced(value: Any) -> Iterator[Sourced]:
    """Every figure, and every other rule with a source, in a programme."""
    if isinstance(value, Sourced):
        yield value
    parts: Any = ()
    if hasattr(type(value), "model_fields"):
        parts = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, tuple | dict):
        parts = value.values() if isinstance(value, dict) else value
    for part in parts:
        yield from sourced(part)


def test_the_six_are_there() -> None:
    """Six programmes ship, all in force, by their codes."""
    assert tuple(programme.code for programme in PROGRAMMES.all_current(now=OPENED)) == CODES


@pytest.mark.parametrize("code", CODES)
def test_no_number_stands_alone(code: str) -> None:
    """But for the version, every number in a file stands beside its source, and says whether it was compared."""
    text = (files("services.training.domain") / "data" / f"{code}.yaml").read_text(encoding="utf-8")

    def alone(data: Any) -> list[Any]:
        if isinstance(data, dict):
            return (
                [] if "source" in data and "value" in data else [n for v in data.values() for n in alone(v)]
            )
        if isinstance(data, list):
            return [number for value in data for number in alone(value)]
        return [data] if isinstance(data, int | float) and not isinstance(data, bool) else []

    assert alone(yaml.safe_load(text)) == [1]


@pytest.mark.parametrize("code", CODES)
def test_what_is_our_own_is_not_confirmed(code: str) -> None:
    """A number that is our own choice, or only reported, is never said to be confirmed."""
    for one in sourced(template(code)):
        own = any(word in one.source.lower() for word in HOUSE)
        assert own != one.confirmed, one.source


@pytest.mark.parametrize("code", CODES)
def test_a_person_can_get_through(code: str) -> None:
    """The modules' least hours come to what is asked for, in every kind, and every module is needed and tested."""
    programme = template(code)
    rule = programme.certification

    assert sum(module.minimum_hours.value for module in programme.modules) == rule.training_hours.value
    for bucket in rule.training_buckets:
        of_it = [m.minimum_hours.value for m in programme.modules if m.bucket == bucket.bucket]
        assert sum(of_it) == bucket.least
    assert set(rule.required_modules) == {module.code for module in programme.modules}
    for test in programme.assessments:
        if isinstance(test, WrittenAssessment):
            asked = {question.module for question in test.questions}
            assert asked == set(test.requires)


@pytest.mark.parametrize("code", CODES)
def test_modules_are_kind(code: str) -> None:
    """Every module says beforehand what may be hard, and what it is for."""
    assert all(module.content_notes and module.outcomes for module in template(code).modules)


FIGURES: dict[str, dict[str, object]] = {
    "core": {"training": 40, "work": 60, "supervision": None, "first": 24, "then": 24, "renewal": 20},
    "samhsa-2023": {"training": 40, "work": 120, "supervision": None, "first": 24, "then": 24, "renewal": 20},
    "texas-mhps": {"training": 59.5, "work": 250, "supervision": None, "first": 6, "then": 24, "renewal": 20},
    "pennsylvania-cps": {
        "training": 75,
        "work": 0,
        "supervision": None,
        "first": 24,
        "then": 24,
        "renewal": 36,
    },
    "california-mcpss": {
        "training": 80,
        "work": 0,
        "supervision": None,
        "first": 24,
        "then": 24,
        "renewal": 20,
    },
    "icrc-pr": {"training": 46, "work": 500, "supervision": 25, "first": 24, "then": 24, "renewal": 20},
}


@pytest.mark.parametrize("code", CODES)
def test_the_figures(code: str) -> None:
    """Hours of training, work and supervision, months of validity and hours of renewal are those of the table."""
    rule = template(code).certification
    received = rule.supervision.hours if rule.supervision else None

    assert FIGURES[code] == {
        "training": rule.training_hours.value,
        "work": rule.hours_of_work,
        "supervision": received.value if received else None,
        "first": rule.first_months,
        "then": rule.validity_months.value,
        "renewal": rule.renewal.hours.value,
    }


@pytest.mark.parametrize(
    ("code", "buckets"),
    [
        ("core", {"ethics": 3}),
        ("texas-mhps", {"ethics": 3}),
        ("pennsylvania-cps", {"peer_support": 24, "ethics": 3, "elective": 9}),
        ("california-mcpss", {"law_ethics": 6}),
        ("icrc-pr", {"ethics": 6}),
    ],
)
def test_kinds_of_continuing_education(code: str, buckets: dict[str, float]) -> None:
    """A renewal asks for so many hours of each kind."""
    assert {one.bucket: one.least for one in template(code).certification.renewal.buckets} == buckets


def test_what_is_peculiar_to_each() -> None:
    """Two tests and work after the first certificate in Texas; work or studies before it in Pennsylvania."""
    texas, pennsylvania = template("texas-mhps").certification, template("pennsylvania-cps").certification

    assert len(template("texas-mhps").assessments) == 2
    assert texas.extension
    assert (texas.extension.months.value, texas.extension.times.value) == (6, 1)
    assert texas.provisional
    assert texas.provisional.later == ("supervised_hours", "document")
    assert {kind.bucket for kind in texas.excluded} == {"self_study", "supervision_received"}
    assert texas.clocks.decision_days.value == 60
    assert texas.renewal.checks == ("background_check",)
    assert set(pennsylvania.documents[0].any_of) == {"work", "credits"}
    assert pennsylvania.supervision
    assert "six months" in pennsylvania.supervision.supervisor_needs["supervisor_course"]
    assert template("california-mcpss").certification.renewal.attestations == ("code_of_ethics",)
