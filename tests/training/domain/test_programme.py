"""Programmes: rules as data, refused with file, place and remedy when they can't hold."""

from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

import pytest
import yaml

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.programme import Programmes
from services.training.domain.reading import ProgrammeError, programme_of
from services.training.rulebook import parse_programme
from shared.domain.errors import NotFound
from tests.training.builders import CORE, OPENED, PROGRAMMES

TEXT = (files("services.training.domain") / "data" / "core.yaml").read_text(encoding="utf-8")


def edited() -> Any:
    """The core programme's data, to change."""
    return yaml.safe_load(TEXT)


def numbers(data: Any) -> list[Any]:
    """Every number in the data that does not stand beside a source."""
    if isinstance(data, dict):
        if {"value", "source", "confirmed"} == data.keys():
            return []
        return [number for value in data.values() for number in numbers(value)]
    if isinstance(data, list):
        return [number for value in data for number in numbers(value)]
    return [data] if isinstance(data, (int, float)) and not isinstance(data, bool) else []


def test_the_core_programme() -> None:
    """Six modules come to 40 hours; the certificate asks for 60 supervised ones and lasts 24 months."""
    rule = CORE.certification

    assert len(CORE.modules) == 6
    assert sum(module.minimum_hours.value for module in CORE.modules) == rule.training_hours.value == 40
    assert (rule.hours_of_work, rule.validity_months.value) == (60, 24)
    assert [days.value for days in rule.expiry_notice_days] == [90, 30, 7]
    assert CORE.written("written").cut_score.value == 0.8
    assert CORE.written("written").time_limit_minutes.value == 45


def test_every_number_has_a_source() -> None:
    """No number but the version stands without its source and whether it was confirmed."""
    assert numbers(edited()) == [1]


def test_every_module_says_what_may_be_hard() -> None:
    """Each module has content notes, outcomes and parts."""
    assert all(module.content_notes and module.outcomes and module.parts for module in CORE.modules)


def test_the_bank() -> None:
    """Every module has three questions or more, with four options; no letter is right over half the time."""
    bank = CORE.written("written").questions
    right = [question.right for question in bank]

    assert len(bank) >= 18
    for module in CORE.modules:
        assert sum(question.module == module.code for question in bank) >= 3
    assert all(len(question.options) == 4 for question in bank)
    assert max(right.count(letter) for letter in "abcd") <= len(bank) / 2


@pytest.mark.parametrize("extreme", [max, min])
def test_length_gives_no_answer_away(extreme: Callable[[Iterable[int]], int]) -> None:
    """Whoever picks the longest option, or the shortest, is right in half of the questions at most."""
    bank = CORE.written("written").questions
    given_away = [
        question.code
        for question in bank
        if len(question.options[question.right or ""]) == extreme(map(len, question.options.values()))
    ]

    assert len(given_away) <= len(bank) / 2


def test_the_draw() -> None:
    """A draw has ten questions, some of every module; the same seed draws the same, another differs."""
    bank = CORE.written("written")
    draws = [bank.draw(f"seed {number}") for number in range(50)]

    assert bank.draw("seed 0") == draws[0]
    assert len(set(draws)) == 50
    for drawn in draws:
        assert len(set(drawn)) == 10
        assert {bank.question(code).module for code in drawn} == {module.code for module in CORE.modules}


def test_every_question_is_drawn_some_day() -> None:
    """No question of the bank is never asked."""
    bank = CORE.written("written")
    drawn = {code for number in range(200) for code in bank.draw(number)}

    assert drawn == {question.code for question in bank.questions}


def _without_title(data: Any) -> None:
    del data["modules"][0]["title"]


def _misspelt(data: Any) -> None:
    data["modules"][0]["tilte"] = "Recovery"


def _negative_hours(data: Any) -> None:
    data["modules"][2]["minimum_hours"]["value"] = -1


def _no_source(data: Any) -> None:
    del data["certification"]["supervised_hours"]["source"]


def _unknown_prerequisite(data: Any) -> None:
    data["modules"][3]["requires"] = ["swimming"]


def _later_prerequisite(data: Any) -> None:
    data["modules"][0]["requires"] = ["self_care"]


def _same_module_twice(data: Any) -> None:
    data["modules"].append(data["modules"][0])


def _no_right_option(data: Any) -> None:
    data["assessments"][0]["questions"][0]["right"] = "z"


def _same_question_twice(data: Any) -> None:
    data["assessments"][0]["questions"].append(data["assessments"][0]["questions"][0])


def _draw_too_large(data: Any) -> None:
    data["assessments"][0]["draw_size"]["value"] = 25


def _draw_too_small(data: Any) -> None:
    data["assessments"][0]["draw_size"]["value"] = 5


def _pass_score_too_high(data: Any) -> None:
    data["assessments"][1]["pass_score"]["value"] = 6


def _buckets_too_large(data: Any) -> None:
    data["certification"]["supervised_buckets"][0]["minimum_hours"]["value"] = 61


def _notice_before_the_beginning(data: Any) -> None:
    data["certification"]["validity_months"]["value"] = 3


@pytest.mark.parametrize(
    ("spoil", "place", "remedy"),
    [
        (_without_title, "modules.0.title", "add it"),
        (_misspelt, "modules.0.tilte", "remove it or correct its spelling"),
        (_negative_hours, "modules.2.minimum_hours.value", "correct the value"),
        (_no_source, "certification.supervised_hours.source", "add it"),
        (_unknown_prerequisite, "modules.crisis_response.requires: swimming", "list it before"),
        (_later_prerequisite, "modules.mental_health_recovery.requires: self_care", "list it before"),
        (_same_module_twice, "modules: mental_health_recovery", "give each its own code"),
        (_no_right_option, "questions.0: `right` is 'z'", "name one of the options"),
        (_same_question_twice, "questions: mhr_1", "give each question its own code"),
        (_draw_too_large, "draw_size: 25", "add questions"),
        (_draw_too_small, "draw_size: 5", "choose from 6 to 24"),
        (_pass_score_too_high, "pass_score: 6", "over 5"),
        (_buckets_too_large, "certification.supervised_buckets", "lower them"),
        (_notice_before_the_beginning, "certification.expiry_notice_days: 90", "raise validity_months"),
    ],
)
def test_a_programme_that_cannot_hold(spoil: Any, place: str, remedy: str) -> None:
    """What is wrong with a programme's file is said with its name, the place in it and the remedy."""
    data = edited()
    spoil(data)

    with pytest.raises(ProgrammeError) as refused:
        programme_of(data, file="mine.yaml")

    message = str(refused.value)
    assert message.startswith("mine.yaml: ")
    assert place in message
    assert remedy in message


@pytest.mark.parametrize("text", ["code: [", "just a sentence", ""])
def test_a_file_that_is_no_programme(text: str) -> None:
    """A file that is no YAML, or no programme at all, is named too."""
    with pytest.raises(ProgrammeError, match=r"mine\.yaml"):
        parse_programme(text, file="mine.yaml")


def test_the_version_in_force() -> None:
    """New enrolments begin with the latest version in force; earlier and later ones stay apart."""
    later, much_later = edited(), edited()
    later.update(version=2, effective_from="2026-02-01T00:00:00Z")
    much_later.update(version=3, effective_from="2027-01-01T00:00:00Z")
    versions = [CORE, programme_of(later, file="2"), programme_of(much_later, file="3")]
    programmes = Programmes(versions)

    assert programmes.current("core", now=OPENED).version == 2
    assert programmes.version("core", 1) == CORE
    assert [programme.version for programme in programmes.all_current(now=OPENED)] == [2]


def test_one_version_twice() -> None:
    """The same version of a programme can't be there twice."""
    with pytest.raises(ValueError, match="core version 1"):
        Programmes([CORE, CORE])


def test_an_unknown_programme() -> None:
    """A programme, version, module or assessment that isn't there is named."""
    asked: list[tuple[Callable[[], object], str]] = [
        (lambda: PROGRAMMES.current("yoga", now=OPENED), "programme_unknown"),
        (lambda: PROGRAMMES.version("core", 9), "programme_unknown"),
        (lambda: CORE.module("yoga"), "module_unknown"),
        (lambda: CORE.assessment("yoga"), "assessment_unknown"),
        (lambda: CORE.written("practical"), "assessment_not_written"),
        (lambda: CORE.practical("written"), "assessment_not_practical"),
    ]
    for ask, code in asked:
        with pytest.raises(NotFound) as refused:
            ask()
        assert refused.value.code == code


def test_a_new_programme_is_only_data() -> None:
    """A programme without buckets or assessments, and with hours beyond its modules' minimums, holds too."""
    data = edited()
    data["certification"]["training_hours"]["value"] = 60
    data.update(code="short", assessments=[])
    data["certification"].update(supervised_buckets=[], attestations=[], required_checks={})
    data["certification"]["renewal"].update(attestations=[], checks=[])

    assert not any(
        isinstance(a, WrittenAssessment) for a in programme_of(data, file="short.yaml").assessments
    )
