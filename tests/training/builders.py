"""Programmes, enrolments and what is heard of them, each complete and changed only where a test says so."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.evidence import ClearedCheck, Evidence
from services.training.domain.granting import grant
from services.training.domain.programme import Programme
from services.training.settings import shipped_programmes
from shared.contracts.recruitment import CandidateScreened, ScreeningOutcome
from shared.contracts.supervision import (
    HoursApproved,
    PerformanceReviewed,
    PlacementClosed,
    ReviewOutcome,
    SessionKind,
    SupervisionLogged,
    SupervisorAssigned,
)
from shared.domain.aggregate import Value
from shared.domain.people import Actor, Grant, Role
from shared.domain.sealed import Sealed

PROGRAMMES = shipped_programmes()
CORE = PROGRAMMES.version("core", 1)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAME = "Ana Ruiz"
MENTOR, TRAINER, ASSESSOR, SUPERVISOR = "mentor-ana", "trainer-tom", "assessor-ada", "supervisor-sam"
SITE = "riverside"
CERTIFIER = Actor(person="certifier-cem", grants=frozenset({Grant(role=Role.CERTIFIER, site=SITE)}))
TOKEN = "a-random-token-of-32-bytes-or-so"

V = TypeVar("V", bound=Value)

_numbers = count(1)


def text_of(part: Sealed[V] | None) -> V:
    """What was written, which is there."""
    text = part.read() if part else None
    assert text is not None
    return text


def new(kind: str) -> str:
    """An id no other has had in this run."""
    return f"{kind}-{next(_numbers)}"


def after(*, days: float = 0, minutes: float = 0) -> datetime:
    """A time after the enrolment opened."""
    return OPENED + timedelta(days=days, minutes=minutes)


def screened(
    outcome: ScreeningOutcome = ScreeningOutcome.ACCEPTED,
    *,
    person: str = MENTOR,
    site: str = SITE,
    programme: str = "core",
    checks: tuple[str, ...] = ("references", "background_check"),
) -> CandidateScreened:
    return CandidateScreened(
        site=site,
        person=person,
        candidate=f"candidate-of-{person}",
        programme=programme,
        outcome=outcome,
        decided_by="coordinator-cleo",
        checks_cleared=checks,
    )


def opened(*, person: str = MENTOR, site: str = SITE, checks: tuple[str, ...] | None = None) -> Enrolment:
    """An enrolment as it opens."""
    heard = screened(person=person, site=site)
    if checks is not None:
        heard = screened(person=person, site=site, checks=checks)
    return Enrolment.open(heard, programme=CORE, now=OPENED)


def complete(enrolment: Enrolment, *modules: str, programme: Programme = CORE) -> None:
    """A trainer signs these modules (all by default) with their minimum hours."""
    for code in modules or [module.code for module in CORE.modules]:
        hours = CORE.module(code).minimum_hours.value
        enrolment.complete_module(code, hours=hours, by=TRAINER, programme=programme, now=after(days=20))


def right_answers(questions: tuple[str, ...], *, right: int | None = None) -> dict[str, str]:
    """Answers to drawn questions: the first `right` are right (all by default), the others wrong."""
    bank = CORE.written("written")
    answers = {}
    for place, code in enumerate(questions):
        question = bank.question(code)
        assert question.right
        wrong = next(option for option in question.options if option != question.right)
        answers[code] = question.right if right is None or place < right else wrong
    return answers


def take_written(
    enrolment: Enrolment, *, right: int | None = None, seed: str = "a seed", now: datetime | None = None
) -> None:
    """One written attempt, from start to marks."""
    now = now or after(days=21)
    attempt = enrolment.start_attempt("written", seed=seed, programme=CORE, now=now)
    answers = right_answers(attempt.questions, right=right)
    enrolment.answer("written", attempt.number, answers, programme=CORE, now=now + timedelta(minutes=30))


def scores(score: int = 4) -> dict[str, int]:
    """Every criterion of the practical assessment with the same score."""
    return dict.fromkeys(CORE.practical("practical").criteria, score)


def take_practical(
    enrolment: Enrolment, score: int = 4, *, by: str = ASSESSOR, programme: Programme = CORE
) -> None:
    """One practical result."""
    assess(enrolment, scores(score), by=by, programme=programme)


def assess(
    enrolment: Enrolment,
    given: dict[str, int],
    *,
    by: str = ASSESSOR,
    supervisors: Collection[str] = (),
    notes: str = "",
    programme: Programme = CORE,
) -> None:
    """An assessor's result of the practical assessment."""
    enrolment.assess(
        "practical",
        given,
        by=by,
        supervisors=supervisors,
        notes=notes,
        programme=programme,
        now=after(days=22),
    )


def trained(*, person: str = MENTOR) -> Enrolment:
    """Every module completed and both assessments passed."""
    enrolment = opened(person=person)
    complete(enrolment)
    take_written(enrolment)
    take_practical(enrolment)
    return enrolment


def placed(person: str = MENTOR, site: str = SITE) -> dict[str, str]:
    """What every event of a placement says."""
    return {
        "site": site,
        "person": person,
        "placement": f"placement-of-{person}",
        "programme": "core",
    }


def assigned(
    supervisor: str = SUPERVISOR, *, person: str = MENTOR, placement: str | None = None
) -> SupervisorAssigned:
    about = placed(person)
    about["placement"] = placement or about["placement"]
    return SupervisorAssigned(**about, supervisor=supervisor, assigned_by="coordinator-cleo")


def closed(*, person: str = MENTOR) -> PlacementClosed:
    return PlacementClosed(**placed(person), reason="completed")


def hours(
    amount: float = 4, *, bucket: str = "peer_support", entry: str | None = None, person: str = MENTOR
) -> HoursApproved:
    return HoursApproved(
        **placed(person),
        entry=entry or new("entry"),
        bucket=bucket,
        hours=amount,
        total=amount,
        approved_by=SUPERVISOR,
    )


def review(
    outcome: ReviewOutcome = ReviewOutcome.MEETS, *, person: str = MENTOR, review: str | None = None
) -> PerformanceReviewed:
    return PerformanceReviewed(
        **placed(person), review=review or new("review"), reviewer=SUPERVISOR, outcome=outcome
    )


def session(minutes: int = 60, *, person: str = MENTOR, session: str | None = None) -> SupervisionLogged:
    return SupervisionLogged(
        **placed(person),
        session=session or new("session"),
        supervisor=SUPERVISOR,
        kind=SessionKind.INDIVIDUAL,
        held=after(days=30),
        minutes=minutes,
    )


def checks_cleared(evidence: Evidence, *, until: datetime | None) -> Evidence:
    """Both checks of the core programme, cleared until some time."""
    checks = (
        ClearedCheck(code=code, candidate="candidate-1", expires=until)
        for code in ("references", "background_check")
    )
    return evidence.model_copy(update={"checks": tuple(checks)})


def practise(enrolment: Enrolment, *, programme: Programme = CORE, now: datetime | None = None) -> None:
    """All the supervised hours, and a review that meets."""
    now = now or after(days=60)
    for _ in range(10):
        enrolment.take_hours(hours(6, person=enrolment.person), at=now, programme=programme, now=now)
    enrolment.take_review(review(person=enrolment.person), at=now, programme=programme, now=now)


def attest(enrolment: Enrolment, *, programme: Programme = CORE) -> None:
    """The person signs the code of ethics."""
    enrolment.attest("code_of_ethics", "1", by=enrolment.person, programme=programme, now=after(days=61))


def ready(*, person: str = MENTOR, practice: bool = True, programme: Programme = CORE) -> Enrolment:
    """Everything is there for a certifier to decide, or with `practice=False` all but the work."""
    enrolment = trained(person=person)
    if practice:
        practise(enrolment, programme=programme)
    attest(enrolment, programme=programme)
    return enrolment


def granted(
    enrolment: Enrolment | None = None, *, now: datetime | None = None, programme: Programme = CORE
) -> Certificate:
    """A certificate, granted by the certifier of the site."""
    return grant(
        enrolment or ready(),
        programme=programme,
        by=CERTIFIER,
        reason="Everything is there.",
        name=NAME,
        token=TOKEN,
        now=now or after(days=70),
    )


def own_id(person: str) -> str:
    """The id of a person's enrolment in the core programme."""
    return enrolment_id(person, "core")
