"""What people look at: open answers, sheets of several assessors; and how an attempt waits for it."""

from datetime import timedelta

import pytest

from services.training.domain.attempt import AttemptState
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme
from shared.contracts.training import (
    AssessmentFailed,
    AssessmentPassed,
    AttemptDeadline,
    ReviewWanted,
    TrainingCompleted,
)
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.training.builders import (
    ASSESSOR,
    MENTOR,
    SITE,
    SUPERVISOR,
    TRAINER,
    after,
    assess,
    assigned,
    own_id,
    scores,
    take_practical,
)
from tests.training.rich import RICH, all_right, hand_in, learnt, programme

FULL = {"com_open": {"listens": 2, "reason": 1}}
NOTHING = {"com_open": {"listens": 0, "reason": 0}}


def review(
    enrolment: Enrolment,
    points: dict[str, dict[str, int]],
    *,
    by: str = ASSESSOR,
    number: int = 1,
    reason: str = "You listen first.",
    rules: Programme = RICH,
) -> None:
    enrolment.review_answers(
        "written",
        number,
        points,
        by=by,
        supervisors=(SUPERVISOR,),
        reason=reason,
        programme=rules,
        now=after(days=5),
    )


def test_open_answers_wait_for_an_assessor() -> None:
    """Options are marked at once; the attempt is decided when an assessor has read the open answers."""
    enrolment = learnt()
    hand_in(enrolment)

    attempt = enrolment.learning.assessment("written").attempts[0]
    assert (attempt.state, attempt.right, attempt.points, attempt.decided) == (
        AttemptState.AWAITING_REVIEW, 7, None, None,
    )  # fmt: skip
    assert isinstance(enrolment.raised[-1], ReviewWanted)
    assert enrolment.review_awaited_since == after(days=3)

    review(enrolment, FULL)

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentPassed)
    assert said.assessed_by == ASSESSOR
    assert "listen first" not in said.model_dump_json()
    assert enrolment.learning.assessment("written").attempts[0].points == 10
    assert enrolment.review_awaited_since is None


def test_the_cut_score_is_over_all() -> None:
    """Points for open answers count with the others: seven of ten are too few, however right the options were."""
    enrolment = learnt()
    hand_in(enrolment)

    review(enrolment, NOTHING)

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentFailed)
    assert said.attempts_left == 2
    attempt = enrolment.learning.assessment("written").attempts[0]
    assert attempt.to_look_at_again(RICH.written("written")) == ("communication",)


def test_nothing_open_was_answered() -> None:
    """Where every open question was left out there is nothing to read, and the attempt is decided at once."""
    enrolment = learnt()

    hand_in(enrolment, text="  ")

    assert isinstance(enrolment.raised[-1], AssessmentFailed)


def test_too_late_is_not_read() -> None:
    """An attempt handed in after its end has failed, and nobody is asked to read it."""
    enrolment = learnt()
    attempt = enrolment.start_attempt("written", seed=1, programme=RICH, now=after(days=3))

    enrolment.answer(
        "written",
        1,
        all_right(attempt),
        texts={"com_open": "Late."},
        programme=RICH,
        now=after(days=3, minutes=45),
    )

    assert isinstance(enrolment.raised[-1], AssessmentFailed)
    assert not any(isinstance(event, ReviewWanted) for event in enrolment.raised)


def test_a_deadline_during_a_review() -> None:
    """The end of its time does nothing to an attempt that is being read."""
    enrolment = learnt()
    hand_in(enrolment)
    before = enrolment.document()
    ends = enrolment.learning.assessment("written").attempts[0].ends
    assert ends
    deadline = AttemptDeadline(
        site=SITE, person=MENTOR, enrolment=own_id(MENTOR), programme="core",
        assessment="written", attempt=1, ends=ends,
    )  # fmt: skip

    enrolment.meet_attempt_deadline(deadline, programme=RICH, now=ends + timedelta(days=30))

    assert enrolment.document() == before


def test_nothing_goes_on_beside_a_review() -> None:
    """While an attempt is read no other begins, none is opened, and it can't be answered again."""
    enrolment = learnt()
    hand_in(enrolment)

    with pytest.raises(Conflict) as begins:
        hand_in(enrolment)
    assert begins.value.code == "assessment_awaiting_review"
    with pytest.raises(Conflict) as opens:
        enrolment.allow_another_attempt(
            "written", by=TRAINER, reason="Why not.", programme=RICH, now=after(days=4)
        )
    assert opens.value.code == "assessment_awaiting_review"
    with pytest.raises(Conflict) as answers:
        enrolment.answer("written", 1, {}, programme=RICH, now=after(days=3))
    assert answers.value.code == "attempt_not_open"


def test_a_review_during_a_pause() -> None:
    """What was handed in before a pause is read all the same, and the pause takes nothing of it."""
    enrolment = learnt()
    hand_in(enrolment)
    enrolment.pause(by=MENTOR, now=after(days=4))

    review(enrolment, FULL)

    assert enrolment.learning.assessment("written").passed


def test_who_reviews() -> None:
    """Neither the person nor whoever supervises them decides on their answers."""
    enrolment = learnt()
    hand_in(enrolment)

    for by, code in [(MENTOR, "assessor_is_the_person"), (SUPERVISOR, "assessor_is_the_supervisor")]:
        with pytest.raises(Forbidden) as refused:
            review(enrolment, FULL, by=by)
        assert refused.value.code == code


def test_a_review_is_made_once() -> None:
    """A decided attempt is not decided again, and one that isn't there is not decided at all."""
    enrolment = learnt()
    hand_in(enrolment)
    with pytest.raises(NotFound) as unknown:
        review(enrolment, FULL, number=2)
    assert unknown.value.code == "attempt_unknown"
    review(enrolment, NOTHING)

    with pytest.raises(Conflict) as refused:
        review(enrolment, FULL)

    assert refused.value.code == "attempt_not_awaiting_review"


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ({}, "review_incomplete"),
        ({**FULL, "com_1": {}}, "review_incomplete"),
        ({"com_open": {"listens": 2}}, "review_rubric_incomplete"),
        ({"com_open": {"listens": 3, "reason": 1}}, "review_points_out_of_range"),
    ],
)
def test_a_review_that_does_not_fit(points: dict[str, dict[str, int]], code: str) -> None:
    """Every open answer is reviewed by every line of its rubric, within its points."""
    enrolment = learnt()
    hand_in(enrolment)

    with pytest.raises(Invalid) as refused:
        review(enrolment, points)

    assert refused.value.code == code


def test_a_review_has_a_reason() -> None:
    """An assessor says why."""
    enrolment = learnt()
    hand_in(enrolment)

    with pytest.raises(Invalid) as refused:
        review(enrolment, FULL, reason=" ")

    assert refused.value.code == "reason_missing"


def test_two_assessors() -> None:
    """With two assessors the first sheet decides nothing; the mean of both does, and each gives one."""
    rules = programme(assessors=2)
    enrolment = learnt(rules)
    take_practical(enrolment, 2, by="ada", programme=rules)
    assert isinstance(enrolment.raised[-1], ReviewWanted)
    with pytest.raises(Conflict) as again:
        take_practical(enrolment, 4, by="ada", programme=rules)
    assert again.value.code == "assessment_sheet_given"

    take_practical(enrolment, 4, by="bea", programme=rules)

    assert isinstance(enrolment.raised[-1], AssessmentPassed)
    attempt = enrolment.learning.assessment("practical").attempts[0]
    assert [(sheet.by, sheet.scores["crisis"]) for sheet in attempt.sheets] == [("ada", 2), ("bea", 4)]


def test_two_assessors_who_see_too_little() -> None:
    """One criterion whose mean is below the pass score falls short, and one attempt is taken by both sheets."""
    rules = programme(assessors=2)
    enrolment = learnt(rules)
    assess(enrolment, {**scores(5), "crisis": 2}, by="ada", programme=rules)

    assess(enrolment, {**scores(5), "crisis": 3}, by="bea", programme=rules)

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentFailed)
    assert said.attempts_left == 2


def test_a_rule_that_lets_supervisors_assess() -> None:
    """Where the programme says so a supervisor assesses; the person never does."""
    rules = programme(assessor_may_supervise=True)
    enrolment = learnt(rules)
    enrolment.take_supervisor(assigned())

    assess(enrolment, scores(), by=SUPERVISOR, supervisors=(SUPERVISOR,), programme=rules)

    assert enrolment.learning.assessment("practical").passed
    with pytest.raises(Forbidden):
        assess(learnt(rules), scores(), by=MENTOR, programme=rules)


def test_a_wait_between_attempts() -> None:
    """After an attempt that fell short the next begins when the programme's wait is over, and the plan says when."""
    rules = programme(questions=None, wait_hours=48)
    enrolment = learnt(rules)
    enrolment.start_attempt("written", seed=1, programme=rules, now=after(days=3))
    enrolment.answer("written", 1, {}, programme=rules, now=after(days=3))

    with pytest.raises(Conflict) as refused:
        enrolment.start_attempt("written", seed=2, programme=rules, now=after(days=4.9))
    assert refused.value.code == "assessment_wait"
    blocked = enrolment.plan(rules, now=after(days=4)).blocked
    assert "Written assessment can be taken again from 2026-03-07 09:00 UTC; 2 left." in blocked

    assert enrolment.start_attempt("written", seed=2, programme=rules, now=after(days=5)).number == 2


def test_more_time() -> None:
    """With half as much time again the attempt ends that much later, and one already under way stays as it is."""
    enrolment = learnt()

    first = enrolment.start_attempt("written", seed=1, time_factor=1.5, programme=RICH, now=after(days=3))
    again = enrolment.start_attempt("written", seed=1, time_factor=3, programme=RICH, now=after(days=3))

    assert first.ends == again.ends == after(days=3, minutes=67.5)


def test_the_plan_while_somebody_reads() -> None:
    """The plan says who is waited for; the review completes training, and whoever read is not who assessed."""
    enrolment = learnt()
    take_practical(enrolment, programme=RICH)
    hand_in(enrolment)

    blocked = enrolment.plan(RICH, now=after(days=4)).blocked
    waits = "Attempt 1 at Written assessment is with an assessor of your site, who reads your answers."
    assert waits in blocked
    review(enrolment, FULL, by="reader")

    (completed,) = (event for event in enrolment.raised if isinstance(event, TrainingCompleted))
    assert completed.assessed_by == ASSESSOR
