"""Programmes: rules as data, refused with file, place and remedy when they can't hold."""

from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.training import check_cli
from services.training.domain.assessment import WrittenAssessment
from services.training.domain.programme import Programmes
from services.training.domain.reading import ProgrammeError, programme_of
from services.training.rulebook import parse_programme, questions_of, with_questions
from services.training.settings import programmes_in
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


def _rule(**changes: Any) -> Any:
    """Spoils the certification rule."""
    return lambda data: data["certification"].update(changes)


def _renewal(**changes: Any) -> Any:
    return lambda data: data["certification"]["renewal"].update(changes)


def _bank(bank: Any) -> Any:
    def spoil(data: Any) -> None:
        data["assessments"][0].pop("questions")
        data["assessments"][0]["bank"] = bank

    return spoil


def _three_at_once(data: Any) -> None:
    data["modules"].append(data["modules"][0])
    data["certification"]["required_modules"] = ["swimming"]
    data["assessments"][0]["requires"] = ["sailing"]


HOURS = {"value": 5, "source": "x", "confirmed": False}
KIND = {"bucket": "groups", "title": "groups"}


@pytest.mark.parametrize(
    ("spoil", "place", "remedy"),
    [
        (_rule(supervised_buckets=[KIND]), "supervised_buckets.0: groups has no bound", "give minimum_hours"),
        (
            _rule(
                supervised_buckets=[{**KIND, "minimum_hours": HOURS, "maximum_hours": {**HOURS, "value": 4}}]
            ),
            "supervised_buckets.0.groups: at least 5 and at most 4",
            "lower the minimum",
        ),
        (
            _rule(supervised_buckets=[{**KIND, "minimum_hours": HOURS}] * 2),
            "certification.supervised_buckets: groups is there twice",
            "keep one",
        ),
        (
            _rule(training_buckets=[{**KIND, "minimum_hours": HOURS}]),
            "certification.training_buckets: no module's hours are of groups",
            "name it as some module's bucket",
        ),
        (
            _rule(training_buckets=[{**KIND, "minimum_hours": {**HOURS, "value": 41}}]),
            "certification.training_buckets: their minimums come to 41",
            "raise training_hours",
        ),
        (
            _rule(supervised_hours=None),
            "certification.supervised_buckets: there are no",
            "add supervised_hours",
        ),
        (
            _rule(excluded=[{"bucket": "peer_support", "title": "x", "source": "x", "confirmed": False}]),
            "certification.excluded: peer_support is among",
            "remove it from one",
        ),
        (
            _rule(
                supervised_hours=None,
                supervised_buckets=[],
                excluded=[{"bucket": "team", "title": "x", "source": "x", "confirmed": False}],
            ),
            "certification.excluded: there are no supervised_hours",
            "add supervised_hours",
        ),
        (
            _rule(provisional={"months": {**HOURS, "value": 6}, "later": ["modules"]}),
            "certification.provisional.later: modules can't wait",
            "choose from supervised_hours",
        ),
        (
            _rule(supervision={"cadence": {"days": HOURS, "for_months": HOURS}}),
            "certification.supervision.cadence: for_months and then_days go together",
            "give both or neither",
        ),
        (
            _rule(documents=[{"code": "d", "title": "x", "source": "x", "confirmed": False, "any_of": {}}]),
            "certification.documents.0.any_of",
            "correct the value",
        ),
        (
            _rule(required_modules=["communication", "communication"]),
            "certification.required_modules: communication is there twice",
            "keep one",
        ),
        (_rule(expiry_notice_days=[HOURS, HOURS]), "certification.expiry_notice_days: 5 days", "keep one"),
        (_renewal(attestations=["oath"]), "certification.renewal.attestations: oath", "add it there"),
        (_renewal(checks=["x_ray"]), "certification.renewal.checks: x_ray", "add it there"),
        (
            _renewal(buckets=[{**KIND, "minimum_hours": {**HOURS, "value": 21}}]),
            "certification.renewal.buckets: their minimums come to 21",
            "raise renewal.hours",
        ),
        (_bank({"of": "core/written"}), "assessments.0.bank: it doesn't say", "give `of`"),
        (
            _bank({"of": "yoga/written", "modules": {}}),
            "assessments.0.bank.of: no bank 'yoga/written'",
            "choose",
        ),
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
        programme_of(with_questions(data, questions_of(CORE), file="mine.yaml"), file="mine.yaml")

    message = str(refused.value)
    assert message.startswith("mine.yaml: ")
    assert place in message
    assert remedy in message


ENDLESS = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 20 if n else ['x'])}]" for n in range(9))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code: [", "this is no YAML"),
        ("just a sentence", "valid dictionary"),
        ("", "valid dictionary"),
        (
            "code: core\nmodules: [{code: a, code: b}]\ncode: mine",
            "modules.0.code: it is there twice; keep one",
        ),
        (ENDLESS, "its aliases make it too large; write it out flat"),
        ("a: &a [*a]", "its aliases make it too large"),
        ("[" * 1_200, "its aliases make it too large"),
    ],
)
def test_a_file_that_is_no_programme(text: str, says: str) -> None:
    """A file that is no YAML, says something twice, or is no programme at all, is named with what is wrong."""
    with pytest.raises(ProgrammeError, match=r"mine\.yaml") as refused:
        parse_programme(text, file="mine.yaml")

    assert says in str(refused.value)


def test_everything_that_is_wrong_at_once() -> None:
    """All that is wrong with a file is said in one go, each with its place."""
    data = edited()
    _three_at_once(data)
    with pytest.raises(ProgrammeError) as apart:
        programme_of(data, file="mine.yaml")
    data = edited()
    _without_title(data)
    _negative_hours(data)
    _no_right_option(data)
    with pytest.raises(ProgrammeError) as within:
        programme_of(data, file="mine.yaml")

    assert [fault.where for fault in apart.value.faults] == [
        "modules",
        "assessments.written.requires",
        "certification.required_modules",
    ]
    assert len(within.value.faults) == 3
    assert all(fault.remedy for fault in (*apart.value.faults, *within.value.faults))


def test_questions_from_a_bank() -> None:
    """A file can take questions of another as questions about its own modules, and add some."""
    data = edited()
    bank = {"of": "core/written", "modules": {"self_care": ["self_care", "communication"]}}
    own = data["assessments"][0].pop("questions")[:1]
    data["assessments"][0] |= {"bank": bank, "questions": own}
    data["assessments"][0]["draw_size"]["value"] = 9

    made = programme_of(with_questions(data, questions_of(CORE), file="mine"), file="mine").written("written")

    assert {question.module for question in made.questions} == {"self_care", "mental_health_recovery"}
    assert len(made.questions) == 9


def test_a_wrong_file_stops_the_start(tmp_path: Path) -> None:
    """A folder with a file that can't be used is refused with the file's name, the place in it and the remedy."""
    (tmp_path / "core.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        TEXT.replace("title: Peer Mentor", "titel: Peer Mentor"), encoding="utf-8"
    )

    with pytest.raises(ProgrammeError, match=r"mine\.yaml: (?s:.*)title: Field required; add it"):
        programmes_in(tmp_path)


def test_a_file_is_checked_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of a site's own are checked at the command line: the good ones by name, the others with their faults."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(TEXT, encoding="utf-8")
    bad.write_text("code: mine", encoding="utf-8")

    assert check_cli.run(["check", str(good)], banks={}) == 0
    assert check_cli.run(["check", str(good), str(bad), str(tmp_path / "none.yaml")], banks={}) == 1
    said = capsys.readouterr()
    assert "good.yaml: Peer Mentor, core programme (core, version 1) can be used." in said.out
    assert "modules: Field required; add it" in said.err
    assert "none.yaml" in said.err


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
