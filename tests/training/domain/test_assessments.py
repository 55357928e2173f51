"""Assessments: written ones drawn, timed and marked; practical ones scored by somebody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.training.domain.attempts import Attempt, AttemptState
from services.training.domain.enrolment import Enrolment
from services.training.domain.supervisors import Supervisors
from shared.contracts.training import AssessmentFailed, AssessmentPassed, AttemptDeadline
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.training.builders import (
    ASSESSOR,
    CORE,
    MENTOR,
    SITE,
    SUPERVISOR,
    TRAINER,
    after,
    assess,
    assigned,
    closed,
    complete,
    opened,
    own_id,
    right_answers,
    scores,
    take_practical,
    take_written,
    text_of,
)

START = after(days=21)


def learnt() -> Enrolment:
    """Every module completed, nothing assessed yet."""
    enrolment = opened()
    complete(enrolment)
    return enrolment


def test_eight_of_ten_pass() -> None:
    """Eight right answers of ten pass."""
    enrolment = learnt()

    take_written(enrolment, right=8)

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentPassed)
    assert (said.assessment, said.attempt, said.assessed_by) == ("written", 1, None)


def test_seven_of_ten_fail() -> None:
    """Seven right answers of ten fall short, and the attempts left are told."""
    enrolment = learnt()

    take_written(enrolment, right=7)

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentFailed)
    assert said.attempts_left == 2


def test_a_question_left_out() -> None:
    """A question left out counts as not known, and the rest still counts."""
    enrolment = learnt()
    attempt = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)
    answers = right_answers(attempt.questions)
    for code in attempt.questions[:2]:
        del answers[code]

    enrolment.answer("written", 1, answers, programme=CORE, now=START)

    assert enrolment.learning.assessment("written").attempts[0].right == 8


def test_before_the_modules() -> None:
    """The written assessment opens once every module is completed."""
    enrolment = opened()

    with pytest.raises(Conflict) as refused:
        enrolment.start_attempt("written", seed=1, programme=CORE, now=START)

    assert refused.value.code == "assessment_blocked"


def test_starting_twice() -> None:
    """Starting again while an attempt is under way goes on with the same questions and the same end."""
    enrolment = learnt()

    first = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)
    again = enrolment.start_attempt("written", seed=2, programme=CORE, now=START + timedelta(minutes=44))

    assert again == first
    assert first.ends == START + timedelta(minutes=45)


def test_the_last_moment() -> None:
    """An answer in the last minute counts; one at the end has failed for being out of time."""
    for minutes, passed in ((44.99, True), (45, False)):
        enrolment = learnt()
        attempt = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)

        answers = right_answers(attempt.questions)
        enrolment.answer("written", 1, answers, programme=CORE, now=START + timedelta(minutes=minutes))

        marked = enrolment.learning.assessment("written").attempts[0]
        assert (marked.state is AttemptState.PASSED) is passed
        assert marked.out_of_time is not passed


def test_an_attempt_left_lying() -> None:
    """An attempt nobody handed in has failed once the next one starts, with other questions."""
    enrolment = learnt()
    first = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)

    second = enrolment.start_attempt("written", seed=2, programme=CORE, now=START + timedelta(days=1))

    assert second.number == 2
    assert second.questions != first.questions
    assert enrolment.learning.assessment("written").attempts[0].state is AttemptState.FAILED


def end_of(attempt: Attempt) -> AttemptDeadline:
    """The timer that was set for the end of an attempt at the written assessment."""
    return AttemptDeadline(
        site=SITE, person=MENTOR, enrolment=own_id(MENTOR), programme="core",
        assessment="written", attempt=attempt.number, ends=attempt.ends,
    )  # fmt: skip


def test_the_last_attempt_runs_out() -> None:
    """An attempt nobody hands in fails at its end by itself, and that none is left is told."""
    enrolment = learnt()
    for number in range(2):
        take_written(enrolment, right=0, seed=f"seed {number}")
    last = enrolment.start_attempt("written", seed=3, programme=CORE, now=START)
    (timer,) = enrolment.timers.values()
    assert timer is not None
    assert (timer.due, timer.event) == (last.ends, end_of(last))

    for _ in range(2):
        enrolment.meet_attempt_deadline(end_of(last), programme=CORE, now=START)

    marked = enrolment.learning.assessment("written").attempts[-1]
    assert (marked.state, marked.out_of_time) == (AttemptState.FAILED, True)
    said = [event for event in enrolment.raised if isinstance(event, AssessmentFailed)]
    assert [event.attempts_left for event in said] == [2, 1, 0]


def test_an_end_that_no_longer_matters() -> None:
    """The end of an attempt that was handed in, or belongs to an earlier beginning, changes nothing."""
    enrolment = learnt()
    first = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)
    enrolment.answer("written", 1, {}, programme=CORE, now=START)
    assert set(enrolment.timers.values()) == {None}
    enrolment.start_attempt("written", seed=2, programme=CORE, now=START + timedelta(minutes=1))
    before = enrolment.document()

    enrolment.meet_attempt_deadline(end_of(first), programme=CORE, now=START + timedelta(hours=1))

    assert enrolment.document() == before


def test_three_attempts() -> None:
    """After three attempts a trainer, and not the person themself, opens another one."""
    enrolment = learnt()
    for number in range(3):
        take_written(enrolment, right=0, seed=f"seed {number}")
    with pytest.raises(Conflict) as refused:
        take_written(enrolment)
    assert refused.value.code == "assessment_attempts_used_up"
    with pytest.raises(Forbidden) as own:
        enrolment.allow_another_attempt(
            "written", by=MENTOR, reason="We looked at it.", programme=CORE, now=START
        )
    assert own.value.code == "attempt_own_allowance"

    enrolment.allow_another_attempt(
        "written", by=TRAINER, reason="We looked at it.", programme=CORE, now=START
    )

    with pytest.raises(Conflict) as enough:
        enrolment.allow_another_attempt(
            "written", by=TRAINER, reason="We looked at it.", programme=CORE, now=START
        )
    assert enough.value.code == "assessment_attempts_left"
    take_written(enrolment)
    assert enrolment.learning.assessment("written").passed


def test_who_allowed_another_attempt() -> None:
    """An attempt that a trainer opens keeps who did it, when and why, and it isn't opened without a reason."""
    enrolment = learnt()
    for number in range(3):
        take_written(enrolment, right=0, seed=f"seed {number}")
    with pytest.raises(Invalid) as refused:
        enrolment.allow_another_attempt("written", by=TRAINER, reason=" ", programme=CORE, now=START)
    assert refused.value.code == "reason_missing"

    enrolment.allow_another_attempt("written", by=TRAINER, reason=" Ill. ", programme=CORE, now=START)

    (allowed,) = enrolment.learning.assessment("written").allowances
    assert (allowed.by, allowed.at, text_of(allowed.why).reason) == (TRAINER, START, "Ill.")


def test_no_allowance_before_the_last_attempt_is_over() -> None:
    """While the last attempt can still be handed in, no further one is opened; once it is over, one is."""
    enrolment = learnt()
    for number in range(2):
        take_written(enrolment, right=0, seed=f"seed {number}")
    enrolment.start_attempt("written", seed=3, programme=CORE, now=START)

    def allow(minutes: int) -> None:
        now = START + timedelta(minutes=minutes)
        enrolment.allow_another_attempt("written", by=TRAINER, reason="Why not.", programme=CORE, now=now)

    with pytest.raises(Conflict) as refused:
        allow(44)
    assert refused.value.code == "assessment_attempt_under_way"
    allow(45)


def test_passed_is_passed() -> None:
    """What is passed isn't taken again, nor opened again."""
    enrolment = learnt()
    take_written(enrolment)
    take_practical(enrolment)

    tries: list[Callable[[], object]] = [
        lambda: take_written(enrolment),
        lambda: take_practical(enrolment),
        lambda: enrolment.allow_another_attempt(
            "written", by=TRAINER, reason="We looked at it.", programme=CORE, now=START
        ),
    ]
    for again in tries:
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "assessment_already_passed"


def test_a_pause_sets_an_attempt_aside() -> None:
    """An attempt under way when a pause begins counts for nothing, and no attempt is lost."""
    enrolment = learnt()
    enrolment.start_attempt("written", seed=1, programme=CORE, now=START)

    enrolment.pause(by=MENTOR, now=START + timedelta(minutes=5))
    enrolment.resume(by=MENTOR)

    record = enrolment.learning.assessment("written")
    assert record.attempts[0].state is AttemptState.SET_ASIDE
    assert record.attempts_left(CORE.written("written")) == 3
    with pytest.raises(Conflict) as refused:
        enrolment.answer("written", 1, {}, programme=CORE, now=START)
    assert refused.value.code == "attempt_not_open"
    take_written(enrolment)


def test_pausing_gives_no_other_questions() -> None:
    """However often a pause sets an attempt aside, it begins again with its questions, and stays one attempt."""
    enrolment = learnt()
    first = enrolment.start_attempt("written", seed="day 0", programme=CORE, now=START)

    for day in range(1, 6):
        enrolment.pause(by=MENTOR, now=START + timedelta(days=day - 1, minutes=5))
        enrolment.resume(by=MENTOR)
        begins = START + timedelta(days=day)
        again = enrolment.start_attempt("written", seed=f"day {day}", programme=CORE, now=begins)
        assert (again.number, again.questions) == (1, first.questions)
        assert again.ends == begins + timedelta(minutes=45)

    assert len(enrolment.learning.assessment("written").attempts) == 1


def test_a_pause_saves_no_attempt_that_was_over() -> None:
    """An attempt whose time was over when the pause began isn't set aside: it has failed."""
    enrolment = learnt()
    attempt = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)

    enrolment.pause(by=MENTOR, now=START + timedelta(minutes=45))
    enrolment.meet_attempt_deadline(end_of(attempt), programme=CORE, now=START + timedelta(minutes=46))

    record = enrolment.learning.assessment("written")
    assert record.attempts[0].state is AttemptState.FAILED
    assert record.attempts_left(CORE.written("written")) == 2


def test_an_attempt_waits_during_a_pause() -> None:
    """Nothing is handed in during a pause, not even what could have been before."""
    enrolment = learnt()
    enrolment.start_attempt("written", seed=1, programme=CORE, now=START)
    enrolment.pause(by=MENTOR, now=START + timedelta(minutes=45))

    with pytest.raises(Conflict) as refused:
        enrolment.answer("written", 1, {}, programme=CORE, now=START + timedelta(minutes=46))

    assert refused.value.code == "enrolment_paused"


def test_answers_that_do_not_fit() -> None:
    """Answers to other questions, other options and other attempts are refused."""
    enrolment = learnt()
    attempt = enrolment.start_attempt("written", seed=1, programme=CORE, now=START)
    drawn = attempt.questions[0]
    other = next(q.code for q in CORE.written("written").questions if q.code not in attempt.questions)

    for number, answers, kind, code in [
        (1, {other: "a"}, Invalid, "answer_question_unknown"),
        (1, {drawn: "z"}, Invalid, "answer_option_unknown"),
        (2, {}, NotFound, "attempt_unknown"),
    ]:
        with pytest.raises(kind) as refused:
            enrolment.answer("written", number, answers, programme=CORE, now=START)
        assert refused.value.code == code


def test_the_practical_assessment() -> None:
    """It passes when every criterion is at least 3, by a named assessor; notes are in no event."""
    enrolment = learnt()

    assess(enrolment, scores(3), notes="calm")

    said = enrolment.raised[-1]
    assert isinstance(said, AssessmentPassed)
    assert said.assessed_by == ASSESSOR
    assert "calm" not in said.model_dump_json()


def test_one_criterion_below() -> None:
    """A single criterion below 3 falls short, however high the others are."""
    enrolment = learnt()

    assess(enrolment, {**scores(5), "crisis": 2})

    assert isinstance(enrolment.raised[-1], AssessmentFailed)


def test_who_assesses() -> None:
    """Neither the person nor anybody who supervises them, in this programme or another, is the assessor."""
    supervisors = Supervisors(id=MENTOR, site=SITE)
    supervisors.assign(assigned())
    supervisors.assign(assigned("elsewhere", placement="another-placement"))

    for by, code in [
        (MENTOR, "assessor_is_the_person"),
        (SUPERVISOR, "assessor_is_the_supervisor"),
        ("elsewhere", "assessor_is_the_supervisor"),
    ]:
        with pytest.raises(Forbidden) as refused:
            assess(learnt(), scores(), by=by, supervisors=supervisors.people)
        assert refused.value.code == code


def test_a_former_supervisor() -> None:
    """Whoever supervised before, at this placement or one that is closed, may assess again."""
    supervisors = Supervisors(id=MENTOR, site=SITE)
    supervisors.assign(assigned("first"))
    supervisors.assign(assigned("second"))
    assert supervisors.people == {"second"}

    supervisors.close(closed())

    assert supervisors.people == frozenset()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"listening": 3}, "assessment_scores_incomplete"),
        ({**scores(), "singing": 3}, "assessment_criterion_unknown"),
        ({**scores(), "crisis": 6}, "assessment_score_out_of_range"),
        ({**scores(), "crisis": 0}, "assessment_score_out_of_range"),
    ],
)
def test_a_rubric_that_does_not_fit(given: dict[str, int], code: str) -> None:
    """Every criterion is scored, no other, each from 1 to 5."""
    with pytest.raises(Invalid) as refused:
        assess(learnt(), given)

    assert refused.value.code == code
