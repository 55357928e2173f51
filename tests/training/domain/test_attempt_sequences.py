"""Whatever is tried, in whatever order: no attempt is decided twice, and none more is taken than is allowed."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain.attempt import Attempt
from services.training.domain.enrolment import Enrolment
from shared.contracts.training import AssessmentFailed, AssessmentPassed, AttemptDeadline
from shared.domain.errors import Refusal
from tests.training.builders import ASSESSOR, MENTOR, SITE, TRAINER, after, assess, own_id, scores
from tests.training.rich import all_right, learnt, programme

RULES = programme(assessors=2, wait_hours=1)
LEARNT = learnt(RULES).document()
Step = Callable[[Enrolment, int], object]


def _start(enrolment: Enrolment, hour: int) -> None:
    enrolment.start_attempt("written", seed=hour, programme=RULES, now=after(days=3) + timedelta(hours=hour))


def _latest(enrolment: Enrolment, back: int) -> int:
    """The number of the latest attempt, or of one so many before it."""
    return max(1, len(enrolment.learning.assessment("written").attempts) - back)


def _answer(back: int, *, right: bool, text: str, minutes: int) -> Step:
    def step(enrolment: Enrolment, hour: int) -> None:
        attempt = enrolment.learning.assessment("written").find_open(_latest(enrolment, back))
        enrolment.answer(
            "written",
            attempt.number,
            all_right(attempt, RULES) if right else {},
            texts={"com_open": text},
            programme=RULES,
            now=attempt.started + timedelta(minutes=minutes),
        )

    return step


def _review(back: int, points: int, by: str) -> Step:
    def step(enrolment: Enrolment, hour: int) -> None:
        given_points = {"com_open": {"listens": points, "reason": min(points, 1)}}
        enrolment.review_answers(
            "written", _latest(enrolment, back), given_points, by=by, supervisors=(), reason="So.",
            programme=RULES, now=after(days=3) + timedelta(hours=hour),
        )  # fmt: skip

    return step


def _rest(enrolment: Enrolment, hour: int) -> None:
    enrolment.pause(by=MENTOR, now=after(days=3) + timedelta(hours=hour))
    enrolment.resume(by=MENTOR)


def _deadline(enrolment: Enrolment, hour: int) -> None:
    for attempt in enrolment.learning.assessment("written").attempts:
        event = AttemptDeadline(
            site=SITE, person=MENTOR, enrolment=own_id(MENTOR), programme="core",
            assessment="written", attempt=attempt.number, ends=attempt.ends,
        )  # fmt: skip
        enrolment.meet_attempt_deadline(event, programme=RULES, now=event.ends)


def _allow(assessment: str, by: str) -> Step:
    return lambda e, hour: e.allow_another_attempt(
        assessment, by=by, reason="So.", programme=RULES, now=after(days=3) + timedelta(hours=hour)
    )


def _sheet(score: int, by: str) -> Step:
    return lambda e, _: assess(e, scores(score), by=by, programme=RULES)


BACK = st.sampled_from([0, 0, 0, 1])
PEOPLE = st.sampled_from([ASSESSOR, ASSESSOR, TRAINER, MENTOR])
HANDED_IN = st.builds(
    _answer,
    BACK,
    right=st.booleans(),
    text=st.sampled_from(["", "I'd listen."]),
    minutes=st.sampled_from([1, 1, 60]),
)
READ = st.builds(_review, BACK, st.integers(0, 2), PEOPLE)
STEPS = st.one_of(
    st.just(_start),
    st.just(_start),
    HANDED_IN,
    HANDED_IN,
    READ,
    READ,
    st.just(_deadline),
    st.builds(_allow, st.sampled_from(["written", "practical"]), PEOPLE),
    st.builds(_sheet, st.integers(2, 4), PEOPLE),
    st.just(_rest),
    st.just(lambda e, hour: e.pause(by=MENTOR, now=after(days=3) + timedelta(hours=hour))),
    st.just(lambda e, _: e.resume(by=MENTOR)),
)


def decided(enrolment: Enrolment) -> dict[tuple[str, int], Attempt]:
    """Every decided attempt."""
    return {
        (record.code, attempt.number): attempt
        for record in enrolment.learning.assessments
        for attempt in record.attempts
        if attempt.is_decided
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=20, max_size=50))
def test_no_attempt_is_decided_twice_and_none_is_taken_too_many(steps: list[Step]) -> None:
    """A decided attempt stays as it is and is told once; attempts never outnumber rule and allowances."""
    enrolment = Enrolment.rebuild(LEARNT)
    for hour, step in enumerate(steps):
        before = decided(enrolment)
        try:
            step(enrolment, hour)
        except Refusal:
            continue
        now = decided(enrolment)
        assert before.items() <= now.items()
        for rule in RULES.assessments:
            record = enrolment.learning.assessment(rule.code)
            assert len(record.attempts) <= rule.attempts.value + len(record.allowances)
            assert sum(not attempt.is_decided for attempt in record.attempts) <= 1
            assert sum(attempt == record.passed for attempt in record.attempts) <= 1
    told = [
        (event.assessment, event.attempt)
        for event in enrolment.raised
        if isinstance(event, AssessmentPassed | AssessmentFailed)
    ]
    assert sorted(told) == sorted(decided(enrolment))
