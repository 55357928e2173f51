"""Is everything there for a certifier to decide? A list to look at; nothing is decided here."""

from collections.abc import Iterator

from services.training.domain.evidence import Evidence
from services.training.domain.learning import Learning
from services.training.domain.programme import Programme
from services.training.domain.wording import counted
from shared.contracts.supervision import ReviewOutcome
from shared.domain.aggregate import Value


class Requirement(Value):
    """One line: `have` of `need`, what shows it (ids and places), and a sentence for people."""

    code: str
    met: bool
    have: float
    need: float
    evidence: tuple[str, ...]
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
    places = tuple(f"modules/{code}" for code in done)
    still = f" Still to come: {programme.titles(missing)}." if missing else ""
    sentence = f"{len(done)} of {counted(len(required), 'module')} completed.{still}"
    yield _requirement("modules", len(done), len(required), places, sentence)

    need = programme.certification.training_hours.value
    sentence = f"{learning.hours:g} of {counted(need, 'training hour')} signed by a trainer."
    yield _requirement("training_hours", learning.hours, need, places, sentence)


def _assessments(learning: Learning, programme: Programme) -> Iterator[Requirement]:
    for assessment in programme.assessments:
        passed = learning.assessment(assessment.code).passed
        places = (f"assessments/{assessment.code}/attempts/{passed.number}",) if passed else ()
        sentence = f"{assessment.title} is {'passed' if passed else 'not passed yet'}."
        yield _requirement(f"assessment.{assessment.code}", len(places), 1, places, sentence)


def _practice(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    rule = programme.certification
    entries = tuple(h.entry for h in evidence.hours)
    need = rule.supervised_hours.value
    sentence = f"{evidence.total_hours:g} of {counted(need, 'supervised hour')} approved."
    yield _requirement("supervised_hours", evidence.total_hours, need, entries, sentence)

    for bucket in rule.supervised_buckets:
        have, need = evidence.hours_in(bucket.bucket), bucket.minimum_hours.value
        entries = tuple(h.entry for h in evidence.hours if h.bucket == bucket.bucket)
        sentence = f"{have:g} of at least {counted(need, 'hour')} of {bucket.title} approved."
        yield _requirement(f"supervised_hours.{bucket.bucket}", have, need, entries, sentence)

    meets = tuple(r.review for r in evidence.reviews if r.outcome is ReviewOutcome.MEETS)
    wanted = counted(rule.reviews_that_meet.value, "performance review")
    sentence = f"{len(meets)} of {wanted} that meets what is expected."
    yield _requirement("performance_reviews", len(meets), rule.reviews_that_meet.value, meets, sentence)


def _statements(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    for rule in programme.certification.attestations:
        signed = evidence.has_signed(rule)
        places = (f"attestations/{rule.code}/{rule.version}",) if signed else ()
        sentence = f"{rule.title} (version {rule.version}) is {'signed' if signed else 'not signed yet'}."
        yield _requirement(f"attestation.{rule.code}", len(places), 1, places, sentence)


def _checks(evidence: Evidence, programme: Programme) -> Iterator[Requirement]:
    for code, title in programme.certification.required_checks.items():
        candidates = tuple(check.candidate for check in evidence.checks if check.code == code)
        sentence = f"{title}: {'cleared' if candidates else 'not cleared yet'}."
        yield _requirement(f"check.{code}", len(candidates), 1, candidates, sentence)


def _requirement(
    code: str, have: float, need: float, evidence: tuple[str, ...], sentence: str
) -> Requirement:
    return Requirement(
        code=code, met=have >= need, have=have, need=need, evidence=evidence, sentence=sentence
    )
