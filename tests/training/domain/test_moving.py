"""Moving somebody to another version: seen before it is done, with everything they did kept."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.training.api.views.attempt import ResultView
from services.training.domain.enrolment import Enrolment
from services.training.domain.moving import Effect
from services.training.domain.programme import Programme
from services.training.domain.reading import programme_of
from shared.contracts.training import (
    CertificationDecisionOverdue,
    CertificationReady,
    DecisionDeadline,
    EnrolmentMoved,
)
from shared.domain.errors import Refusal
from tests.training.builders import CORE, after, granted, opened, ready, take_written, text_of, trained

NOW = after(days=80)


def second() -> Programme:
    """More hours, one more check, no references, another name for a module, and one module less."""
    data: dict[str, Any] = CORE.model_dump(mode="json")
    data.update(version=2)
    rule = data["certification"]
    rule["supervised_hours"]["value"] = 80
    rule["required_checks"] = {"background_check": "Background check", "first_aid": "First aid"}
    data["modules"][1]["title"] = "Listening"
    data["modules"].pop()
    rule["required_modules"].remove("self_care")
    rule["training_hours"]["value"] = 35
    written = data["assessments"][0]
    written["requires"].remove("self_care")
    written["questions"] = [one for one in written["questions"] if one["module"] != "self_care"]
    data["assessments"].pop()
    return programme_of(data, file="second")


TWO = second()


def test_a_preview() -> None:
    """A preview names every requirement with what becomes of it, in both versions' words, and changes nothing."""
    enrolment = ready()
    before = enrolment.document()
    found = enrolment.preview_move(TWO, programme=CORE, now=NOW)

    effects = {line.code: line.effect for line in found.requirements}
    assert effects["supervised_hours"] is Effect.BECOMES_UNMET
    assert effects["supervised_hours.peer_support"] is Effect.STAYS_MET
    assert effects["check.first_aid"] is Effect.NEW_AND_UNMET
    assert effects["check.references"] is Effect.NO_LONGER_NEEDED
    assert effects["assessment.practical"] is Effect.NO_LONGER_NEEDED
    (hours,) = [line for line in found.requirements if line.code == "supervised_hours"]
    assert (hours.before, hours.after) == (
        "60 of 60 supervised hours approved.",
        "60 of 80 supervised hours approved.",
    )
    assert (found.ready_before, found.ready_after) == (True, False)
    assert [(one.module, one.after) for one in found.modules] == [
        ("communication", "Listening"),
        ("self_care", None),
    ]
    assert [(one.assessment, one.taken, one.passed, one.left) for one in found.attempts] == [
        ("written", 1, True, 2),
        ("practical", 1, True, None),
    ]
    assert enrolment.document() == before


def test_a_move() -> None:
    """A move keeps everything that was done, says who moved and why, and works out anew what is missing."""
    enrolment = ready()
    learning, evidence = enrolment.learning, enrolment.evidence
    enrolment.take_raised()
    enrolment.move(TWO, by="trainer-tom", reason="Agreed with Ana.", now=NOW)

    assert (enrolment.learning, enrolment.evidence) == (learning, evidence)
    assert (enrolment.programme_version, enrolment.ready_since) == (2, None)
    assert enrolment.standing
    assert enrolment.standing.unmet == ("supervised_hours", "check.first_aid")
    (moved,) = enrolment.moves
    assert (moved.from_version, moved.to_version, moved.by, text_of(moved.text).reason) == (
        1,
        2,
        "trainer-tom",
        "Agreed with Ana.",
    )
    (told,) = enrolment.raised
    assert isinstance(told, EnrolmentMoved)
    assert "Agreed" not in told.model_dump_json()


def test_back_again() -> None:
    """Moved back, a person is ready as before, and that is announced again."""
    enrolment = ready()
    enrolment.move(TWO, by="tom", reason="r", now=NOW)
    enrolment.take_raised()
    enrolment.move(CORE, by="tom", reason="It was a mistake.", now=NOW)

    assert enrolment.ready_since == NOW
    assert [type(one) for one in enrolment.raised] == [EnrolmentMoved, CertificationReady]


def certified() -> Enrolment:
    enrolment = ready()
    granted(enrolment)
    return enrolment


def sitting() -> Enrolment:
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    enrolment.start_attempt("written", seed=1, programme=CORE, now=NOW)
    return enrolment


LATER = TWO.model_copy(update={"effective_from": after(days=100)})


@pytest.mark.parametrize(
    ("who", "to", "reason", "code"),
    [
        (certified, TWO, "r", "enrolment_certified"),
        (sitting, TWO, "r", "attempt_under_way"),
        (opened, CORE, "r", "version_kept"),
        (opened, LATER, "r", "version_not_in_force"),
        (opened, TWO, "  ", "reason_missing"),
    ],
)
def test_what_is_refused(who: Callable[[], Enrolment], to: Programme, reason: str, code: str) -> None:
    """Nobody is moved after their certificate, in the middle of an attempt, to nowhere, or without a reason."""
    enrolment = who()
    before = enrolment.document()
    with pytest.raises(Refusal) as refused:
        enrolment.move(to, by="tom", reason=reason, now=NOW)

    assert refused.value.code == code
    assert enrolment.document() == before


def test_an_attempt_that_is_over_hinders_nothing() -> None:
    """Attempts of before stay and count as attempts under the other version."""
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    take_written(enrolment, right=0, now=after(days=70))
    enrolment.move(TWO, by="tom", reason="r", now=NOW)

    assert enrolment.learning.assessment("written").attempts_left(TWO.written("written")) == 2


def test_an_attempt_set_aside_before_a_move() -> None:
    """An attempt that a pause set aside is begun again after a move with questions that the other version has."""
    enrolment = sitting()
    enrolment.pause(by=enrolment.person, now=NOW)
    enrolment.move(TWO, by="tom", reason="r", now=NOW)
    enrolment.resume(by=enrolment.person)

    attempt = enrolment.start_attempt("written", seed=2, programme=TWO, now=after(days=81))

    assert set(attempt.questions) <= {one.code for one in TWO.written("written").questions}
    enrolment.answer("written", 1, {}, programme=TWO, now=after(days=81, minutes=1))
    assert enrolment.learning.assessment("written").attempts[0].is_decided


def test_a_result_from_before_a_move() -> None:
    """A result stays readable after a move to a version without some of its questions, and says what it still can."""
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    take_written(enrolment, right=0, now=after(days=70))
    enrolment.move(TWO, by="tom", reason="r", now=NOW)

    result = ResultView.of(enrolment, TWO.written("written"), 1)

    assert (result.passed, result.points, result.out_of_points, result.look_at_again) == (False, 0, None, ())


def test_a_decision_waited_for_through_a_move() -> None:
    """What waits for a decision is overdue by the days of the version it was moved to."""
    rule = CORE.certification
    days = rule.clocks.decision_days
    sooner = rule.clocks.model_copy(update={"decision_days": days.model_copy(update={"value": 30})})
    quick = CORE.model_copy(
        update={"version": 2, "certification": rule.model_copy(update={"clocks": sooner})}
    )
    enrolment = ready()
    since = enrolment.ready_since
    assert since
    enrolment.move(quick, by="tom", reason="r", now=NOW)

    timer = enrolment.timers["decision_due"]
    assert timer
    assert isinstance(timer.event, DecisionDeadline)
    assert timer.due == since + timedelta(days=30)
    enrolment.meet_decision_deadline(timer.event, programme=quick, now=timer.due)
    assert isinstance(enrolment.raised[-1], CertificationDecisionOverdue)
