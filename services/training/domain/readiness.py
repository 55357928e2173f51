"""Is everything there for a certifier to decide? A list to look at; nothing is decided here."""

from collections.abc import Iterator

from services.training.domain.evidence import ApprovedHours, Evidence, ReviewHeard
from services.training.domain.learning import Learning
from services.training.domain.programme import Programme
from services.training.domain.wording import counted
from shared.contracts.envelope import Id
from shared.contracts.supervision import ReviewOutcome
from shared.domain.aggregate import Value


class Proof(Value):
    """Where something is written down (`placements/p/hours/e`), and who signed it where that was somebody else."""

    at: str
    by: Id | None = None


class Requirement(Value):
    """One line: `have` of `need`, what shows it, what falls short of it, and a sentence for people."""

    code: str
    met: bool
    have: float
    need: float
    evidence: tuple[Proof, ...]
    falls_short: tuple[Proof, ...] = ()
    sentence: str


class Readiness(Value):
    """Every requirement of the programme."""

    requirements: tuple[Requirement, ...]

    @property
    def complete(self) -> bool:
        """Is every requirement met?"""
        return all(requirement.met for requirement in self.requirements)

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What is still missing."""
        return tuple(requirement for requirement in self.requirements if not requirement.met)


def readiness_of(learning: Learning, evidence: Evidence, programme: Programme) -> Readiness:
    """The whole list, in the order in which a person usually meets it."""
    return Readiness(
        requirements=(
            *_training(learning, programme),
            *_assessments(learning, programme),
            *_practice(evidence, programme),
            *_statements(evidence, programme),
            *_checks(evidence, programme),
        )
    )


def _training(learning: Learning, programme: Programme) -> Iterator[Requirement]:
    required = programme.certification.required_modules
    done = learning.completed(required)
    missing = learning.missing(required)
    signed = tuple(Proof(at=learning.place_of(code), by=learning.module(code).completed_by) for code in done)
    still = f" Still to come: {programme.titles(missing)}." if missing else ""
    sentence = f"{len(done)} of {counted(len(required), 'module')} completed.{still}"
    yield _requirement("modules", len(done), len(required), signed, sentence)

    need = programme.certification.training_hours.value
    sentence = f"{learning.hours:g} of {counted(need, 'training hour')} signed by a trainer."
    yield _requirement("training_hours", learning.hours, need, signed, sentence)


def _assessments(learning: Learning, programme: Programme) -> Iterator[Requirement]:
    for assessment in programme.assessments:
        passed = learning.assessment(assessment.code).passed
        at = f"assessments/{assessment.code}/attempts"
        shown = (Proof(at=f"{at}/{passed.number}", by=passed.assessed_by),) if passed else ()
        sentence = f"{assessment.title} is {'passed' if passed else 'not passed yet'}."
        yield _requirement(f"assessment.{assessment.code}", len(shown), 1, shown, sentence)


def _practice(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    rule = programme.certification
    if rule.supervised_hours:
        entries = tuple(_entry(hours) for hours in evidence.hours)
        need = rule.supervised_hours.value
        sentence = f"{evidence.total_hours:g} of {counted(need, 'supervised hour')} approved."
        yield _requirement("supervised_hours", evidence.total_hours, need, entries, sentence)

    for bucket in rule.supervised_buckets:
        have, need = evidence.hours_in(bucket.bucket), bucket.least
        entries = tuple(_entry(hours) for hours in evidence.hours if hours.bucket == bucket.bucket)
        sentence = f"{have:g} of at least {counted(need, 'hour')} of {bucket.title} approved."
        yield _requirement(f"supervised_hours.{bucket.bucket}", have, need, entries, sentence)

    if rule.reviews_that_meet:
        yield _reviews(evidence, rule.reviews_that_meet.value)


def _entry(hours: ApprovedHours) -> Proof:
    return Proof(at=f"placements/{hours.placement}/hours/{hours.entry}", by=hours.approved_by)


def _reviews(evidence: Evidence, need: int) -> Requirement:
    meets = tuple(_review(r) for r in evidence.reviews if r.outcome is ReviewOutcome.MEETS)
    others = tuple(_review(r) for r in evidence.reviews if r.outcome is not ReviewOutcome.MEETS)
    wanted = counted(need, "performance review that meets", "performance reviews that meet")
    sentence = f"{len(meets)} of {wanted} what is expected."
    if others:
        sentence += f" {counted(len(others), 'review finds', 'reviews find')} the work still developing."
    line = _requirement("performance_reviews", len(meets), need, meets, sentence)
    return line.model_copy(update={"falls_short": others})


def _review(review: ReviewHeard) -> Proof:
    return Proof(at=f"placements/{review.placement}/reviews/{review.review}", by=review.reviewer)


def _statements(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    for rule in programme.certification.attestations:
        signed = evidence.has_signed(rule)
        places = (Proof(at=f"attestations/{rule.code}/{rule.version}"),) if signed else ()
        sentence = f"{rule.title} (version {rule.version}) is {'signed' if signed else 'not signed yet'}."
        yield _requirement(f"attestation.{rule.code}", len(places), 1, places, sentence)


def _checks(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    for code, title in programme.certification.required_checks.items():
        cleared = tuple(
            Proof(at=f"candidates/{check.candidate}/checks/{code}")
            for check in evidence.checks
            if check.code == code
        )
        sentence = f"{title}: {'cleared' if cleared else 'not cleared yet'}."
        yield _requirement(f"check.{code}", len(cleared), 1, cleared, sentence)


def _requirement(
    code: str, have: float, need: float, evidence: tuple[Proof, ...], sentence: str
) -> Requirement:
    return Requirement(
        code=code, met=have >= need, have=have, need=need, evidence=evidence, sentence=sentence
    )
