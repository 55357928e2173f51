"""Days beside a certified mentor, and courses taken elsewhere: confirmed or approved by somebody else."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.training.domain.education import EducationDraft, EducationState
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Delivery
from services.training.domain.practice_log import LogDraft
from shared.contracts.training import EducationApproved, EducationReturned
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.training.builders import CORE, MENTOR, TRAINER, after, opened
from tests.training.rich import RICH

MIA = "mentor-mia"
NOW = after(days=20)


def log(enrolment: Enrolment, *, id: str = "l", certified: bool = True, **changes: Any) -> None:
    facts = {
        "module": "communication",
        "kind": Delivery.SHADOWING,
        "beside": MIA,
        "day": date(2026, 3, 10),
        "hours": 2.5,
    }
    draft = LogDraft(**{**facts, **changes})
    enrolment.log_practice(draft, id=id, mentor_certified=certified, programme=RICH, now=NOW)


def confirm(enrolment: Enrolment, *, id: str = "l", by: str = MIA, certified: bool = True) -> None:
    enrolment.confirm_log(id, by=by, mentor_certified=certified, now=NOW)


def test_shadowing() -> None:
    """A day counts once the mentor who was shadowed has confirmed it; until then they are waited for."""
    enrolment = opened()

    log(enrolment)
    assert enrolment.mentors_awaited == (MIA,)
    assert enrolment.learning.logged("communication", Delivery.SHADOWING) == 0
    confirm(enrolment)

    assert not enrolment.mentors_awaited
    assert enrolment.learning.logged("communication", Delivery.SHADOWING) == 2.5


def test_a_module_that_asks_for_shadowing() -> None:
    """A trainer signs such a module once its hours of shadowing are confirmed, and the plan says how many are."""
    enrolment = opened()
    log(enrolment)
    confirm(enrolment)

    with pytest.raises(Conflict) as refused:
        enrolment.complete_module("communication", hours=8, by=TRAINER, programme=RICH, now=NOW)
    assert refused.value.code == "module_log_short"
    assert (
        "Communication and active listening: 2.5 of 4 hours of shadowing confirmed; log your days."
        in enrolment.plan(RICH, now=NOW).next
    )

    log(enrolment, id="m", hours=1.5)
    confirm(enrolment, id="m")
    enrolment.complete_module("communication", hours=8, by=TRAINER, programme=RICH, now=NOW)


def test_a_mentor_without_a_certificate() -> None:
    """Nobody is shadowed without a valid certificate at the site, neither when it is written down nor confirmed."""
    enrolment = opened()
    with pytest.raises(Conflict) as early:
        log(enrolment, certified=False)
    log(enrolment)

    with pytest.raises(Conflict) as late:
        confirm(enrolment, certified=False)

    assert early.value.code == late.value.code == "mentor_not_certified"


def test_supervised_practice_in_a_module() -> None:
    """Practice is confirmed by whoever supervised it, who needs no certificate of their own."""
    enrolment = opened()
    kind = Delivery.SUPERVISED_PRACTICE
    log(enrolment, module="crisis_response", kind=kind, beside=TRAINER, certified=False)

    confirm(enrolment, by=TRAINER, certified=False)

    assert enrolment.learning.logged("crisis_response", kind) == 2.5


def test_who_confirms() -> None:
    """Only the person named confirms or returns a day, once."""
    enrolment = opened()
    log(enrolment)
    for by in (MENTOR, TRAINER):
        with pytest.raises(Forbidden) as refused:
            confirm(enrolment, by=by)
        assert refused.value.code == "log_of_another"
    enrolment.return_log("l", by=MIA, reason="It was two hours.", now=NOW)

    with pytest.raises(Conflict) as twice:
        confirm(enrolment)
    assert twice.value.code == "log_already_decided"
    with pytest.raises(NotFound) as unknown:
        confirm(enrolment, id="another")
    assert unknown.value.code == "log_unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"module": "self_care"}, "log_kind_not_offered"),
        ({"beside": MENTOR}, "log_beside_oneself"),
        ({"hours": 0.3}, "hours_out_of_range"),
        ({"hours": 13}, "hours_out_of_range"),
        ({"day": date(2026, 3, 25)}, "day_in_future"),
    ],
)
def test_a_day_that_does_not_fit(changes: dict[str, Any], code: str) -> None:
    """A module that offers it, somebody else, a real length of time, on a day that has begun."""
    with pytest.raises(Invalid) as refused:
        log(opened(), **changes)

    assert refused.value.code == code


def course(enrolment: Enrolment, *, id: str = "c", **changes: Any) -> None:
    facts = {
        "title": "Dual relationships",
        "provider": "academy",
        "day": date(2026, 3, 10),
        "hours": 3,
        "bucket": "ethics",
    }
    enrolment.submit_education(EducationDraft(**{**facts, **changes}), id=id, now=NOW)


def counted(enrolment: Enrolment, bucket: str | None = None) -> float:
    return enrolment.education.approved_hours_between(after(days=1), after(days=30), bucket)


def test_a_course() -> None:
    """A course counts once a trainer has approved it, in its bucket; its title is in no event."""
    enrolment = opened()
    course(enrolment)
    assert counted(enrolment) == 0

    enrolment.approve_education("c", by=TRAINER, programme=CORE, now=NOW)

    said = enrolment.raised[-1]
    assert isinstance(said, EducationApproved)
    assert (said.bucket, said.hours, said.decided_by) == ("ethics", 3, TRAINER)
    assert "Dual" not in said.model_dump_json()
    assert (counted(enrolment), counted(enrolment, "ethics"), counted(enrolment, "peer")) == (3, 3, 0)


def test_hours_between_two_days() -> None:
    """A course counts from the first day (included) to the last (excluded)."""
    enrolment = opened()
    course(enrolment, day=date(2026, 3, 10))
    enrolment.approve_education("c", by=TRAINER, programme=CORE, now=NOW)

    def between(first: int, beyond: int) -> float:
        # The enrolment opened on 2 March.
        return enrolment.education.approved_hours_between(after(days=first), after(days=beyond))

    assert [between(8, 9), between(7, 8), between(9, 20)] == [3, 0, 0]


def test_a_course_that_comes_back() -> None:
    """A returned course counts for nothing; corrected, it is a further entry in its place."""
    enrolment = opened()
    course(enrolment)
    enrolment.return_education("c", by=TRAINER, reason="Which day was it?", now=NOW)
    assert isinstance(enrolment.raised[-1], EducationReturned)
    assert any("came back to you with a note" in s for s in enrolment.plan(CORE, now=NOW).next)

    course(enrolment, id="d", corrects="c", hours=2)
    assert not any("came back to you" in s for s in enrolment.plan(CORE, now=NOW).next)
    enrolment.approve_education("d", by=TRAINER, programme=CORE, now=NOW)

    assert counted(enrolment) == 2
    assert [e.state for e in enrolment.education.entries] == [
        EducationState.CORRECTED,
        EducationState.APPROVED,
    ]


def test_an_approved_course_is_corrected() -> None:
    """An approved course counts until its correction is approved, and never both."""
    enrolment = opened()
    course(enrolment)
    enrolment.approve_education("c", by=TRAINER, programme=CORE, now=NOW)
    course(enrolment, id="d", corrects="c", hours=2)
    assert counted(enrolment) == 3
    with pytest.raises(Conflict) as twice:
        course(enrolment, id="e", corrects="c")
    assert twice.value.code == "education_not_to_correct"

    enrolment.approve_education("d", by=TRAINER, programme=CORE, now=NOW)

    assert counted(enrolment) == 2


def test_a_correction_that_comes_back() -> None:
    """A correction of an approved course may come back and be corrected itself: in the end one of them counts."""
    enrolment = opened()
    course(enrolment)
    enrolment.approve_education("c", by=TRAINER, programme=CORE, now=NOW)
    course(enrolment, id="d", corrects="c", hours=2)
    enrolment.return_education("d", by=TRAINER, reason="Which day was it?", now=NOW)
    assert counted(enrolment) == 3
    with pytest.raises(Conflict) as refused:
        course(enrolment, id="x", corrects="c")
    assert refused.value.code == "education_not_to_correct"
    course(enrolment, id="e", corrects="d", hours=1)

    enrolment.approve_education("e", by=TRAINER, programme=CORE, now=NOW)

    assert counted(enrolment) == 1


def test_who_decides_on_a_course() -> None:
    """Nobody approves or returns their own course, and what is decided is not decided again."""
    enrolment = opened()
    course(enrolment)
    tries: list[Callable[[], object]] = [
        lambda: enrolment.approve_education("c", by=MENTOR, programme=CORE, now=NOW),
        lambda: enrolment.return_education("c", by=MENTOR, reason="r", now=NOW),
    ]
    for decide in tries:
        with pytest.raises(Forbidden) as own:
            decide()
        assert own.value.code == "education_own_approval"
    with pytest.raises(NotFound) as unknown:
        enrolment.approve_education("x", by=TRAINER, programme=CORE, now=NOW)
    assert unknown.value.code == "education_unknown"
    with pytest.raises(Invalid) as silent:
        enrolment.return_education("c", by=TRAINER, reason=" ", now=NOW)
    assert silent.value.code == "reason_missing"
    enrolment.approve_education("c", by=TRAINER, programme=CORE, now=NOW)

    with pytest.raises(Conflict) as twice:
        enrolment.return_education("c", by=TRAINER, reason="r", now=NOW)

    assert twice.value.code == "education_already_decided"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hours": 201}, "hours_out_of_range"),
        ({"day": date(2026, 3, 25)}, "day_in_future"),
        ({"title": " "}, "education_title_missing"),
    ],
)
def test_a_course_that_does_not_fit(changes: dict[str, Any], code: str) -> None:
    """A course has a title, a length of at most 200 hours, and a day that has begun."""
    with pytest.raises(Invalid) as refused:
        course(opened(), **changes)

    assert refused.value.code == code


def test_too_much_at_once() -> None:
    """Fifty days or courses may wait for an answer; the next one waits until some are decided."""
    enrolment = opened()
    for number in range(50):
        log(enrolment, id=f"l{number}")
        course(enrolment, id=f"c{number}")
    tries: list[Callable[[], object]] = [lambda: log(enrolment), lambda: course(enrolment)]
    for more in tries:
        with pytest.raises(Conflict) as refused:
            more()
        assert refused.value.code == "too_much_waiting"

    confirm(enrolment, id="l7")
    enrolment.approve_education("c7", by=TRAINER, programme=CORE, now=NOW)

    for more in tries:
        more()


def test_a_course_in_a_pause() -> None:
    """Courses are reported at any time: in a pause, and after the certificate."""
    enrolment = opened()
    enrolment.pause(by=MENTOR, now=NOW)

    course(enrolment)

    assert enrolment.trainer_awaited_since == NOW
