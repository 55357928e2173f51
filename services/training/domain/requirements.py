"""The requirements of a certificate one by one: what there is, what is asked for, what shows it, in a sentence."""

from collections.abc import Iterator
from datetime import datetime

from services.training.domain.certification import AttestationRule, CertificationRule, DocumentRule
from services.training.domain.counting import Entry, Tally, tally
from services.training.domain.evidence import (
    ApprovedHours,
    ClearedCheck,
    DocumentState,
    Evidence,
    ReviewHeard,
)
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
    """One line: `have` of `need`, what shows it, what falls short of it, and a sentence for people.

    `later`: it may be met after a provisional certificate, and holds up no decision about that.
    """

    code: str
    met: bool
    have: float
    need: float
    evidence: tuple[Proof, ...]
    falls_short: tuple[Proof, ...] = ()
    sentence: str
    later: bool = False


def learning_of(learning: Learning, programme: Programme) -> Iterator[Requirement]:
    """Modules, training hours of every kind, and assessments."""
    required = programme.certification.required_modules
    done, missing = learning.completed(required), learning.missing(required)
    signed = tuple(Proof(at=learning.place_of(code), by=learning.module(code).completed_by) for code in done)
    still = f" Still to come: {programme.titles(missing)}." if missing else ""
    sentence = f"{len(done)} of {counted(len(required), 'module')} completed.{still}"
    yield _requirement("modules", len(done), len(required), signed, sentence)
    yield from _training_hours(learning, programme, signed)
    for assessment in programme.assessments:
        passed = learning.assessment(assessment.code).passed
        at = f"assessments/{assessment.code}/attempts"
        shown = (Proof(at=f"{at}/{passed.number}", by=passed.assessed_by),) if passed else ()
        sentence = f"{assessment.title} is {'passed' if passed else 'not passed yet'}."
        yield _requirement(f"assessment.{assessment.code}", len(shown), 1, shown, sentence)


def _training_hours(
    learning: Learning, programme: Programme, signed: tuple[Proof, ...]
) -> Iterator[Requirement]:
    rule = programme.certification
    entries = [Entry(bucket=m.bucket, hours=learning.module(m.code).hours) for m in programme.modules]
    found, need = tally(entries, buckets=rule.training_buckets), rule.training_hours.value
    sentence = f"{found.counted:g} of {counted(need, 'training hour')} signed by a trainer."
    yield _requirement("training_hours", found.counted, need, signed, _with(sentence, found))
    for bucket in rule.training_buckets:
        if bucket.least:
            of_it = {
                f"modules/{module.code}" for module in programme.modules if module.bucket == bucket.bucket
            }
            shown = tuple(proof for proof in signed if proof.at in of_it)
            have, need = found.of(bucket.bucket), bucket.least
            sentence = f"{have:g} of at least {counted(need, 'training hour')} of {bucket.title} signed."
            yield _requirement(f"training_hours.{bucket.bucket}", have, need, shown, sentence)


def practice_of(evidence: Evidence, rule: CertificationRule) -> Iterator[Requirement]:
    """Supervised hours of every kind, supervision received, and reviews."""
    if rule.supervised_hours:
        yield from _supervised_hours(evidence, rule)
    if rule.supervision and rule.supervision.hours:
        have, need = sum(s.minutes for s in evidence.sessions) / 60, rule.supervision.hours.value
        shown = tuple(
            Proof(at=f"placements/{s.placement}/sessions/{s.session}", by=s.supervisor)
            for s in evidence.sessions
        )
        sentence = f"{round(have, 2):g} of {counted(need, 'hour')} of supervision received."
        yield _requirement("supervision_hours", round(have, 2), need, shown, sentence)
    if rule.reviews_that_meet:
        yield _reviews(evidence, rule.reviews_that_meet.value)


def _supervised_hours(evidence: Evidence, rule: CertificationRule) -> Iterator[Requirement]:
    entries = [Entry(bucket=one.bucket, hours=one.hours) for one in evidence.hours]
    found = tally(entries, buckets=rule.supervised_buckets, excluded=rule.excluded)
    need = rule.hours_of_work
    outside = {kind.bucket for kind in rule.excluded}
    shown = tuple(_entry(one) for one in evidence.hours if one.bucket not in outside)
    beside = tuple(_entry(one) for one in evidence.hours if one.bucket in outside)
    sentence = f"{found.counted:g} of {counted(need, 'supervised hour')} approved."
    line = _requirement("supervised_hours", found.counted, need, shown, _with(sentence, found))
    yield line.model_copy(update={"falls_short": beside})
    for bucket in rule.supervised_buckets:
        if bucket.least:
            have = found.of(bucket.bucket)
            shown = tuple(_entry(one) for one in evidence.hours if one.bucket == bucket.bucket)
            sentence = f"{have:g} of at least {counted(bucket.least, 'hour')} of {bucket.title} approved."
            yield _requirement(f"supervised_hours.{bucket.bucket}", have, bucket.least, shown, sentence)


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


def papers_of(evidence: Evidence, rule: CertificationRule, *, now: datetime) -> Iterator[Requirement]:
    """Documents, signed statements and checks."""
    for document in rule.documents:
        yield _document(evidence, document)
    for statement in rule.attestations:
        yield _statement(evidence, statement)
    for code, title in rule.required_checks.items():
        yield _check([check for check in evidence.checks if check.code == code], code, title, now)


def _document(evidence: Evidence, rule: DocumentRule) -> Requirement:
    shown = tuple(Proof(at=f"documents/{d.number}", by=d.decided_by) for d in evidence.accepted(rule.code))
    waits = any(d.code == rule.code and d.state is DocumentState.WAITING for d in evidence.documents)
    ways = " or ".join(rule.any_of.values())
    state = (
        "accepted."
        if shown
        else "a trainer or certifier looks at it."
        if waits
        else f"still to show: {ways}."
    )
    return _requirement(f"document.{rule.code}", min(1, len(shown)), 1, shown, f"{rule.title}: {state}")


def _statement(evidence: Evidence, rule: AttestationRule) -> Requirement:
    signed = evidence.has_signed(rule)
    places = (Proof(at=f"attestations/{rule.code}/{rule.version}"),) if signed else ()
    sentence = f"{rule.title} (version {rule.version}) is {'signed' if signed else 'not signed yet'}."
    return _requirement(f"attestation.{rule.code}", len(places), 1, places, sentence)


def _check(checks: list[ClearedCheck], code: str, title: str, now: datetime) -> Requirement:
    holds = tuple(_cleared(check) for check in checks if check.holds(now))
    ended = tuple(_cleared(check) for check in checks if not check.holds(now))
    state = "cleared" if holds else _lapsed(checks) if ended else "not cleared yet"
    line = _requirement(f"check.{code}", min(1, len(holds)), 1, holds, f"{title}: {state}.")
    return line.model_copy(update={"falls_short": ended})


def _lapsed(checks: list[ClearedCheck]) -> str:
    last = max(check.expires for check in checks if check.expires)
    return f"cleared until {last:%Y-%m-%d}, and to be renewed by the site"


def _cleared(check: ClearedCheck) -> Proof:
    return Proof(at=f"candidates/{check.candidate}/checks/{check.code}")


def _with(sentence: str, found: Tally) -> str:
    return " ".join((sentence, *found.told))


def _requirement(
    code: str, have: float, need: float, evidence: tuple[Proof, ...], sentence: str
) -> Requirement:
    return Requirement(
        code=code, met=have >= need, have=have, need=need, evidence=evidence, sentence=sentence
    )
