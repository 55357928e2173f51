"""Whatever is tried, in whatever order: progress never falls, and nothing is ready without its evidence."""

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain.enrolment import Enrolment
from shared.contracts.supervision import ReviewOutcome
from shared.contracts.training import CertificationReady, TrainingCompleted
from shared.domain.errors import Refusal
from tests.training.builders import (
    ASSESSOR,
    CORE,
    MENTOR,
    SUPERVISOR,
    TRAINER,
    after,
    assess,
    assigned,
    hours,
    opened,
    review,
    right_answers,
    scores,
    screened,
)

Step = Callable[[Enrolment], object]
NOW = after(days=10)
MODULES = st.sampled_from([module.code for module in CORE.modules])
PEOPLE = st.sampled_from([MENTOR, TRAINER, ASSESSOR, SUPERVISOR])


def progress(module: str, percent: int) -> Step:
    return lambda e: e.report_progress(module, percent=percent, minutes=5, programme=CORE)


def completion(module: str, given_hours: float, by: str) -> Step:
    return lambda e: e.complete_module(module, hours=given_hours, by=by, programme=CORE, now=NOW)


def written(right: int) -> Step:
    def take(enrolment: Enrolment) -> None:
        attempt = enrolment.start_attempt("written", seed=right, programme=CORE, now=NOW)
        answers = right_answers(attempt.questions, right=right)
        enrolment.answer("written", attempt.number, answers, programme=CORE, now=NOW)

    return take


def practical(score: int, by: str) -> Step:
    return lambda e: assess(e, scores(score), by=by)


def evidence(amount: float, bucket: str, outcome: ReviewOutcome) -> Step:
    def hear(enrolment: Enrolment) -> None:
        enrolment.take_hours(hours(amount, bucket=bucket), at=NOW, programme=CORE, now=NOW)
        enrolment.take_review(review(outcome), at=NOW, programme=CORE, now=NOW)

    return hear


def signature(by: str) -> Step:
    return lambda e: e.attest("code_of_ethics", "1", by=by, programme=CORE, now=NOW)


def checks(codes: tuple[str, ...]) -> Step:
    return lambda e: e.take_checks(screened(checks=codes), programme=CORE, now=NOW)


STEPS = st.one_of(
    st.builds(progress, MODULES, st.integers(-10, 110)),
    st.builds(completion, MODULES, st.sampled_from([1.0, 8.0]), PEOPLE),
    st.builds(written, st.integers(0, 10)),
    st.builds(practical, st.integers(1, 5), PEOPLE),
    st.builds(
        evidence,
        st.sampled_from([5.0, 20.0]),
        st.sampled_from(["peer_support", "outreach"]),
        st.sampled_from(ReviewOutcome),
    ),
    st.builds(signature, PEOPLE),
    st.builds(checks, st.sampled_from([("references",), ("background_check",), ()])),
    st.just(lambda e: e.pause(by=MENTOR, now=NOW)),
    st.just(lambda e: e.resume(by=MENTOR)),
    st.just(lambda e: e.take_supervisor(assigned())),
)
NEARLY_THERE: Sequence[Step] = (
    *(completion(module.code, 8, TRAINER) for module in CORE.modules),
    written(10),
    practical(4, ASSESSOR),
    evidence(60, "peer_support", ReviewOutcome.MEETS),
    signature(MENTOR),
    checks(("references", "background_check")),
)


def play(enrolment: Enrolment, step: Step) -> None:
    """One step; a refusal is an answer too."""
    try:
        step(enrolment)
    except Refusal:
        return


def shows_everything(enrolment: Enrolment) -> bool:
    """Is the evidence there, counted from the state alone?"""
    learning, heard = enrolment.learning, enrolment.evidence
    return (
        all(learning.module(module.code).completed_by not in (None, MENTOR) for module in CORE.modules)
        and all(learning.assessment(code).passed for code in ("written", "practical"))
        and sum(h.hours for h in heard.hours) >= 60
        and sum(h.hours for h in heard.hours if h.bucket == "peer_support") >= 30
        and any(r.outcome is ReviewOutcome.MEETS for r in heard.reviews)
        and {a.code for a in heard.attestations} == {"code_of_ethics"}
        and {c.code for c in heard.checks} >= {"references", "background_check"}
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_progress_never_falls(steps: list[Step]) -> None:
    """Neither percentages nor minutes nor hours ever go back."""
    enrolment = opened()
    for step in steps:
        before = {m.code: (m.percent, m.minutes, m.hours) for m in enrolment.learning.modules}
        play(enrolment, step)
        for code, (percent, minutes, signed) in before.items():
            now = enrolment.learning.module(code)
            assert now.percent >= percent
            assert now.minutes >= minutes
            assert now.hours >= signed


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_is_ready_without_its_evidence(data: st.DataObject) -> None:
    """Readiness is complete exactly when all its evidence is there, and announced once, at that moment."""
    kept = [step for step in NEARLY_THERE if data.draw(st.integers(0, 19))]
    steps = [*data.draw(st.lists(STEPS, max_size=5)), *kept, *data.draw(st.lists(STEPS, max_size=5))]
    enrolment = opened(checks=())
    for step in steps:
        play(enrolment, step)
        complete = enrolment.readiness(CORE, now=NOW).complete
        assert complete == shows_everything(enrolment)
        assert complete == (enrolment.ready_since is not None)
    assert sum(isinstance(e, CertificationReady) for e in enrolment.raised) == (
        enrolment.ready_since is not None
    )
    assert sum(isinstance(e, TrainingCompleted) for e in enrolment.raised) <= 1
