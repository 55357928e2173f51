"""How hours are counted, worked out by hand: for whoever runs a programme to read and to correct.

Each line of the tables: what a person has, how much of it counts, whether that is enough, and what they read.
"""

from typing import Any, NamedTuple

import pytest

from services.training.domain.evidence import ApprovedHours, Evidence, SessionHeard
from services.training.domain.learning import Learning
from services.training.domain.programme import Programme
from services.training.domain.progress import ModuleProgress
from services.training.domain.readiness import readiness_of
from services.training.domain.reading import programme_of
from services.training.domain.requirements import Requirement
from tests.training.builders import CORE, OPENED, PROGRAMMES

Hours = dict[str, float]


def worked(hours: Hours, supervision_minutes: int = 0) -> Evidence:
    """Approved hours by kind, and minutes of supervision received."""
    entries = tuple(
        ApprovedHours(
            placement="p",
            entry=f"entry-{number}",
            bucket=kind,
            hours=of_it,
            approved_by="sam",
            approved=OPENED,
        )
        for number, (kind, of_it) in enumerate(hours.items())
    )
    session = SessionHeard(
        placement="p", session="s", supervisor="sam", minutes=supervision_minutes, held=OPENED
    )
    return Evidence(hours=entries, sessions=(session,) if supervision_minutes else ())


def learnt(hours: Hours) -> Learning:
    """Modules that a trainer signed, with the hours they took."""
    return Learning(
        modules=tuple(
            ModuleProgress(code=module, percent=100, hours=took, completed=OPENED, completed_by="tom")
            for module, took in hours.items()
        )
    )


def line(
    programme: Programme, code: str, *, learning: Learning | None = None, evidence: Evidence | None = None
) -> Requirement:
    """One requirement of the readiness list."""
    found = readiness_of(learning or Learning(), evidence or Evidence(), programme, now=OPENED)
    (one,) = [requirement for requirement in found.requirements if requirement.code == code]
    return one


def riverside() -> Programme:
    """A site's own rule: 100 hours, at least 40 with one person, at most 20 in groups, team meetings for none."""
    data: dict[str, Any] = CORE.model_dump(mode="json")
    source = {"source": "Riverside's team", "confirmed": False}
    data["certification"].update(
        supervised_hours={"value": 100, **source},
        supervised_buckets=[
            {
                "bucket": "peer_support",
                "title": "one-to-one peer support",
                "minimum_hours": {"value": 40, **source},
            },
            {"bucket": "groups", "title": "group work", "maximum_hours": {"value": 20, **source}},
        ],
        excluded=[{"bucket": "team", "title": "team meetings", **source}],
    )
    return programme_of({**data, "code": "riverside"}, file="riverside")


TEMPLATES = {programme.code: programme for programme in PROGRAMMES.shipped} | {"riverside": riverside()}


class Example(NamedTuple):
    """`hours` by kind of work, or by module; `enough` is whether the requirement is met."""

    programme: str
    hours: Hours
    requirement: str
    counted: float
    enough: bool
    sentence: str


WORK = [
    Example("core", {}, "supervised_hours", 0, False, "0 of 60 supervised hours approved."),
    Example(
        "core", {"peer_support": 30, "outreach": 29.75},
        "supervised_hours", 59.75, False, "59.75 of 60 supervised hours approved.",
    ),
    Example(
        "core", {"peer_support": 29, "outreach": 40},
        "supervised_hours", 69, True, "69 of 60 supervised hours approved.",
    ),
    Example(
        "core", {"peer_support": 29, "outreach": 40},
        "supervised_hours.peer_support", 29, False,
        "29 of at least 30 hours of one-to-one peer support approved.",
    ),
    Example(
        "samhsa-2023", {"peer_support": 120},
        "supervised_hours", 120, True, "120 of 120 supervised hours approved.",
    ),
    Example(
        "texas-mhps", {"peer_support": 240, "self_study": 30, "supervision_received": 12},
        "supervised_hours", 240, False,
        "240 of 250 supervised hours approved. 30 hours of independent study count for nothing here. "
        "12 hours of supervision received count for nothing here.",
    ),
    Example(
        "texas-mhps", {"peer_support": 249, "observation": 1, "self_study": 1},
        "supervised_hours", 250, True,
        "250 of 250 supervised hours approved. 1 hour of independent study counts for nothing here.",
    ),
    Example(
        "icrc-pr", {"peer_support": 499.5},
        "supervised_hours", 499.5, False, "499.5 of 500 supervised hours approved.",
    ),
    Example(
        "icrc-pr", {"peer_support": 500},
        "supervised_hours", 500, True, "500 of 500 supervised hours approved.",
    ),
    Example(
        "riverside", {"peer_support": 60, "groups": 35, "outreach": 15},
        "supervised_hours", 95, False,
        "95 of 100 supervised hours approved. 35 hours of group work are there, and at most 20 of them count.",
    ),
    Example(
        "riverside", {"peer_support": 39, "outreach": 80},
        "supervised_hours", 119, True, "119 of 100 supervised hours approved.",
    ),
    Example(
        "riverside", {"peer_support": 39, "outreach": 80},
        "supervised_hours.peer_support", 39, False,
        "39 of at least 40 hours of one-to-one peer support approved.",
    ),
    Example(
        "riverside", {"peer_support": 80, "groups": 20, "team": 9},
        "supervised_hours", 100, True,
        "100 of 100 supervised hours approved. 9 hours of team meetings count for nothing here.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("example", WORK)
def test_hours_of_work(example: Example) -> None:
    """Supervised hours count by kind: some up to a limit, some not at all, and the sentence says so in numbers."""
    found = line(TEMPLATES[example.programme], example.requirement, evidence=worked(example.hours))

    assert (found.have, found.met, found.sentence) == (example.counted, example.enough, example.sentence)


TRAINING = [
    Example(
        "core", {"communication": 8, "self_care": 5},
        "training_hours", 13, False, "13 of 40 training hours signed by a trainer.",
    ),
    Example(
        "samhsa-2023", {"mental_health_recovery": 32, "communication": 8},
        "training_hours", 40, True, "40 of 40 training hours signed by a trainer.",
    ),
    Example(
        "texas-mhps", {"core_training": 19.5},
        "training_hours.core", 19.5, True,
        "19.5 of at least 19.5 training hours of core training signed.",
    ),
    Example(
        "texas-mhps", {"core_training": 30, "recovery_support": 16, "crisis_and_safety": 12},
        "training_hours", 58, False, "58 of 59.5 training hours signed by a trainer.",
    ),
    Example(
        "texas-mhps", {"core_training": 30, "recovery_support": 16, "crisis_and_safety": 12},
        "training_hours.supplemental", 28, False,
        "28 of at least 40 training hours of supplemental training signed.",
    ),
    Example(
        "pennsylvania-cps", {"mental_health_recovery": 40, "communication": 35},
        "training_hours", 75, True, "75 of 75 training hours signed by a trainer.",
    ),
    Example(
        "california-mcpss", {"communication": 79.5},
        "training_hours", 79.5, False, "79.5 of 80 training hours signed by a trainer.",
    ),
    Example(
        "icrc-pr",
        {"advocacy": 10, "mentoring_education": 10, "recovery_wellness": 10, "ethical_responsibility": 15.5},
        "training_hours", 45.5, False, "45.5 of 46 training hours signed by a trainer.",
    ),
    Example(
        "icrc-pr",
        {"advocacy": 20, "mentoring_education": 10, "recovery_wellness": 10, "ethical_responsibility": 15.5},
        "training_hours.ethical_responsibility", 15.5, False,
        "15.5 of at least 16 training hours of ethical responsibility signed.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("example", TRAINING)
def test_hours_of_training(example: Example) -> None:
    """Training hours count by the kind of their module, and more of one kind don't make up for another."""
    found = line(TEMPLATES[example.programme], example.requirement, learning=learnt(example.hours))

    assert (found.have, found.met, found.sentence) == (example.counted, example.enough, example.sentence)


@pytest.mark.parametrize(
    ("minutes", "counted", "enough", "sentence"),
    [
        (0, 0, False, "0 of 25 hours of supervision received."),
        (1_490, 24.83, False, "24.83 of 25 hours of supervision received."),
        (1_500, 25, True, "25 of 25 hours of supervision received."),
    ],
)
def test_hours_of_supervision(minutes: int, counted: float, enough: bool, sentence: str) -> None:
    """IC&RC asks for 25 hours of supervision received, counted from the minutes of every session."""
    found = line(TEMPLATES["icrc-pr"], "supervision_hours", evidence=worked({}, minutes))

    assert (found.have, found.met, found.sentence) == (counted, enough, sentence)


def test_what_counts_for_nothing_is_shown_apart() -> None:
    """Hours that don't count are no evidence of the requirement; they are listed as what falls short of it."""
    found = line(
        TEMPLATES["texas-mhps"], "supervised_hours", evidence=worked({"self_study": 5, "peer_support": 2})
    )

    assert [proof.at for proof in found.evidence] == ["placements/p/hours/entry-1"]
    assert [proof.at for proof in found.falls_short] == ["placements/p/hours/entry-0"]


def test_work_within_a_provisional_certificate() -> None:
    """In Texas the hours of work come after the first certificate: only the one after it waits for them."""
    texas = TEMPLATES["texas-mhps"]
    found = readiness_of(Learning(), Evidence(), texas, now=OPENED)

    later = {line.code for line in found.requirements if line.later}
    assert later == {"supervised_hours", "document.recommendation"}
    assert later <= {line.code for line in found.unmet}
    assert later.isdisjoint(found.standing.unmet)
    assert found.standing.total == len(found.requirements) - 2
