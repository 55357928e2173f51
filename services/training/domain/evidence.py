"""What speaks for a person's certificate beside their learning; heard from supervision and recruitment."""

from datetime import datetime
from typing import Self

from services.training.domain.programme import AttestationRule
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import HoursApproved, PerformanceReviewed, ReviewOutcome
from shared.domain.aggregate import Value


class ApprovedHours(Value):
    """One entry of supervised hours that somebody else signed."""

    entry: Id
    bucket: Code
    hours: float


class ReviewHeard(Value):
    """One performance review and how it ended."""

    review: Id
    outcome: ReviewOutcome


class Attestation(Value):
    """A statement the person signed, in the version they saw."""

    code: Code
    version: str
    signed: Moment


class ClearedCheck(Value):
    """A check that recruitment cleared; `candidate` is where it can be looked up."""

    code: Code
    candidate: Id


class Evidence(Value):
    """Only ever added to. The same piece heard again changes nothing."""

    hours: tuple[ApprovedHours, ...] = ()
    reviews: tuple[ReviewHeard, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    checks: tuple[ClearedCheck, ...] = ()

    def with_hours(self, heard: HoursApproved) -> Self:
        """With one more approved entry."""
        if any(h.entry == heard.entry for h in self.hours):
            return self
        entry = ApprovedHours(entry=heard.entry, bucket=heard.bucket, hours=heard.hours)
        return self.model_copy(update={"hours": (*self.hours, entry)})

    def with_review(self, heard: PerformanceReviewed) -> Self:
        """With one more review."""
        if any(r.review == heard.review for r in self.reviews):
            return self
        review = ReviewHeard(review=heard.review, outcome=heard.outcome)
        return self.model_copy(update={"reviews": (*self.reviews, review)})

    def with_attestation(self, code: str, version: str, *, now: datetime) -> Self:
        """With one more signed statement."""
        signed = Attestation(code=code, version=version, signed=now)
        return self.model_copy(update={"attestations": (*self.attestations, signed)})

    def with_checks(self, codes: tuple[str, ...], *, candidate: str) -> Self:
        """With checks that were cleared."""
        known = {check.code for check in self.checks}
        new = (ClearedCheck(code=code, candidate=candidate) for code in codes if code not in known)
        return self.model_copy(update={"checks": (*self.checks, *new)})

    def hours_in(self, bucket: str) -> float:
        """Approved hours of one kind."""
        return sum(h.hours for h in self.hours if h.bucket == bucket)

    @property
    def total_hours(self) -> float:
        """Approved hours of every kind."""
        return sum(h.hours for h in self.hours)

    def has_signed(self, rule: AttestationRule) -> bool:
        """Is the statement signed in the version in force?"""
        return any(a.code == rule.code and a.version == rule.version for a in self.attestations)
