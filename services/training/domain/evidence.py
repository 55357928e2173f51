"""What speaks for a person's certificate beside their learning; heard from supervision and recruitment."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from services.training.domain.certification import AttestationRule
from services.training.domain.reason import ReasonText
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import (
    HoursApproved,
    PerformanceReviewed,
    ReviewOutcome,
    SupervisionLogged,
)
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class ApprovedHours(Value):
    """One entry of a placement's hours that somebody else signed, and when."""

    placement: Id
    entry: Id
    bucket: Code
    hours: float
    approved_by: Id
    approved: Moment


class ReviewHeard(Value):
    """One performance review at a placement and how it ended."""

    placement: Id
    review: Id
    reviewer: Id
    outcome: ReviewOutcome
    reviewed: Moment


class Attestation(Value):
    """A statement the person signed, in the version they saw."""

    code: Code
    version: str
    signed: Moment


class ClearedCheck(Value):
    """A check that recruitment cleared, until it expires; `candidate` is where it can be looked up."""

    code: Code
    candidate: Id
    cleared: Moment | None = None
    expires: Moment | None = None

    def holds(self, now: datetime) -> bool:
        """Does it still count?"""
        return self.expires is None or now < self.expires


class SessionHeard(Value):
    """One supervision session the person took part in."""

    placement: Id
    session: Id
    supervisor: Id
    minutes: int
    held: Moment


class DocumentState(StrEnum):
    """How a document stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class DocumentText(Value):
    """Where it can be seen; for the person and whoever decides."""

    reference: str = Field(min_length=1, max_length=1_000)


class Document(Value):
    """A document for one of the programme's rules, in one of the ways the rule names; numbered as they came.

    `why` says what it came back for.
    """

    number: int = Field(ge=1)
    code: Code
    way: Code
    submitted: Moment
    state: DocumentState = DocumentState.WAITING
    decided: Moment | None = None
    decided_by: Id | None = None
    text: Sealed[DocumentText]
    why: Sealed[ReasonText] | None = None


class Evidence(Value):
    """Only ever added to, but for checks: of each the last word counts. The same heard again changes nothing."""

    hours: tuple[ApprovedHours, ...] = ()
    reviews: tuple[ReviewHeard, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    checks: tuple[ClearedCheck, ...] = ()
    sessions: tuple[SessionHeard, ...] = ()
    documents: tuple[Document, ...] = ()

    def until(self, moment: datetime) -> Self:
        """Without hours, reviews and sessions that came later."""
        return self.model_copy(
            update={
                "hours": tuple(h for h in self.hours if h.approved <= moment),
                "reviews": tuple(r for r in self.reviews if r.reviewed <= moment),
                "sessions": tuple(s for s in self.sessions if s.held <= moment),
            }
        )

    def with_hours(self, heard: HoursApproved, *, at: datetime) -> Self:
        """With one more entry, approved at this time."""
        if any(h.entry == heard.entry for h in self.hours):
            return self
        facts = heard.model_dump(include={"placement", "entry", "bucket", "hours", "approved_by"})
        entry = ApprovedHours(**facts, approved=at)
        return self.model_copy(update={"hours": (*self.hours, entry)})

    def with_review(self, heard: PerformanceReviewed, *, at: datetime) -> Self:
        """With one more review, made at this time."""
        if any(r.review == heard.review for r in self.reviews):
            return self
        facts = heard.model_dump(include={"placement", "review", "reviewer", "outcome"})
        review = ReviewHeard(**facts, reviewed=at)
        return self.model_copy(update={"reviews": (*self.reviews, review)})

    def with_session(self, heard: SupervisionLogged) -> Self:
        """With one more session."""
        if any(s.session == heard.session for s in self.sessions):
            return self
        facts = heard.model_dump(include=set(SessionHeard.model_fields))
        return self.model_copy(update={"sessions": (*self.sessions, SessionHeard(**facts))})

    def with_document(self, document: Document) -> Self:
        """With this document as given, in its place."""
        others = [d for d in self.documents if d.number != document.number]
        ordered = sorted((*others, document), key=lambda d: d.number)
        return self.model_copy(update={"documents": tuple(ordered)})

    def with_attestation(self, code: str, version: str, *, now: datetime) -> Self:
        """With one more signed statement."""
        signed = Attestation(code=code, version=version, signed=now)
        return self.model_copy(update={"attestations": (*self.attestations, signed)})

    def with_check(self, cleared: ClearedCheck) -> Self:
        """With a check that was cleared, or renewed."""
        if cleared in self.checks:
            return self
        kept = self.without_check(cleared.code).checks
        return self.model_copy(update={"checks": (*kept, cleared)})

    def without_check(self, code: str) -> Self:
        """Without a check that is not cleared any more."""
        return self.model_copy(update={"checks": tuple(one for one in self.checks if one.code != code)})

    @property
    def total_hours(self) -> float:
        """Approved hours of every kind."""
        return sum(h.hours for h in self.hours)

    def accepted(self, code: str) -> tuple[Document, ...]:
        """Documents for this rule that were accepted."""
        accepted = DocumentState.ACCEPTED
        return tuple(d for d in self.documents if d.code == code and d.state is accepted)

    def next_expiry(self, after: datetime) -> datetime | None:
        """When the next check that counts stops counting."""
        ends = (check.expires for check in self.checks if check.expires and check.expires > after)
        return min(ends, default=None)

    def has_signed(self, rule: AttestationRule, *, since: datetime | None = None) -> bool:
        """Is the statement signed in the version in force, and, where that is asked, after some moment?"""
        return any(
            (a.code, a.version) == (rule.code, rule.version) and (since is None or a.signed > since)
            for a in self.attestations
        )

    def check_cleared_since(self, code: str, moment: datetime, *, now: datetime) -> ClearedCheck | None:
        """The check, if it was cleared after a moment."""
        counting = (c for c in self.checks if c.code == code and c.holds(now))
        return next((c for c in counting if c.cleared and c.cleared > moment), None)
