"""Somebody speaks for an applicant: asked by a coordinator, by a link that works once, or on the phone."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from services.recruitment.domain.application import Referee
from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.person import Contact
from services.recruitment.domain.reference_form import ReferenceForm
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.people import InvitationEnded, PersonInvited
from shared.contracts.recruitment import ReferenceDeadline, ReferenceEnd, ReferenceMissed, ReferenceReceived
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict
from shared.domain.sealed import Sealed

OPEN_FOR = timedelta(days=21)
REMINDED_AFTER = (timedelta(days=7), timedelta(days=14))


def reference_id(candidate: str, referee: int) -> str:
    """One reference per application and referee, counted from 1, however often it is asked for."""
    return stable_id("reference", candidate, str(referee))


def token_hash(token: str) -> str:
    """What is kept of a link's token: whoever reads the database can't answer for anybody."""
    return hashlib.sha256(token.encode()).hexdigest()


class ReferenceState(StrEnum):
    """Where a reference is. Only a requested one has a link that works."""

    NOT_ASKED = "not_asked"
    REQUESTED = "requested"
    RECEIVED = "received"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class ReferenceText(Value):
    """What a referee wrote; for the coordinators only, never for the applicant, by whose key it is sealed."""

    words: str = Field(min_length=1, max_length=4000)


class ReferenceAnswer(Value):
    """What a referee said; a score is None where they can't say. `taken_by` noted it on the phone."""

    known_as: Code
    known_for: Code
    scores: dict[Code, int | None]
    recommends: Code
    text: Sealed[ReferenceText] | None = None
    given: Moment
    taken_by: Id | None = None

    def must_fit(self, form: ReferenceForm) -> None:
        """Are these answers to what is asked? Raises Invalid: what the form's rules raise."""
        form.must_know(
            {"known_as": self.known_as, "known_for": self.known_for, "recommends": self.recommends}
        )
        form.must_be_scored(self.scores)


class Link(Value):
    """A link of this moment, with the token it ends in."""

    token: str = Field(min_length=43)
    url: str


class Reference(Aggregate):
    """One referee of one application. Who they are stays with the application."""

    collection: ClassVar[str] = "references"

    candidate: Id
    person: Id
    programme: Code
    referee: int = Field(ge=1)
    state: ReferenceState = ReferenceState.NOT_ASKED
    token_hash: str | None = None
    language: Code = "en"
    asked_by: Id | None = None
    asked: Moment | None = None
    expires: Moment | None = None
    answer: ReferenceAnswer | None = None

    @classmethod
    def of(cls, candidate: Candidacy, referee: int) -> Self:
        """One that nobody was asked for yet."""
        return cls(
            id=reference_id(candidate.id, referee),
            site=candidate.site,
            candidate=candidate.id,
            person=candidate.person,
            programme=candidate.programme,
            referee=referee,
        )

    def ask(self, referee: Referee, link: Link, *, contact: Contact, by: str, now: datetime) -> None:
        """Write to the referee, in the applicant's language and by their clock, with a link for three weeks.

        Again it sends a new link, and the one before leads nowhere. Raises Conflict `reference_received`.
        """
        self._must_be_wanted()
        self.state, self.token_hash, self.language = (
            ReferenceState.REQUESTED,
            token_hash(link.token),
            contact.language,
        )
        self.asked_by, self.asked, self.expires = by, now, now + OPEN_FOR
        self.schedule("expiry", self.expires, ReferenceDeadline(**self._about(), expires=self.expires))
        self.record(
            PersonInvited(
                site=self.site,
                person=self.id,
                name=referee.name,
                email=referee.email,
                language=contact.language,
                time_zone=contact.time_zone,
                purpose="reference",
                asked_by=contact.name,
                link=link.url,
                expires=self.expires,
                reminders=tuple(now + after for after in REMINDED_AFTER),
            )
        )

    def answers_to(self, token: str, now: datetime) -> bool:
        """Is this the token of the link that works?"""
        return self.token_hash == token_hash(token) and self.may_be_answered(now)

    def may_be_answered(self, now: datetime) -> bool:
        """Does its link still work?"""
        return self.state is ReferenceState.REQUESTED and self.expires is not None and now < self.expires

    def receive(self, answer: ReferenceAnswer, *, form: ReferenceForm, all_in: bool) -> None:
        """The referee answered, by the link or on the phone; the last of them says so.

        Raises:
            Conflict: `reference_received`.
            Invalid: what `ReferenceAnswer.must_fit` raises.
        """
        self._must_be_wanted()
        answer.must_fit(form)
        self.answer = answer
        self._ends(ReferenceState.RECEIVED)
        self.record(ReferenceReceived(**self._about(), all_in=all_in))

    def decline(self) -> None:
        """The referee would rather not; nobody asks why."""
        self._ends(ReferenceState.DECLINED)
        self.record(ReferenceMissed(**self._about(), reason=ReferenceEnd.DECLINED))

    def withdraw(self) -> None:
        """Nobody is to answer any more; where nobody can, nothing changes."""
        if self.state is ReferenceState.REQUESTED:
            self._ends(ReferenceState.WITHDRAWN)

    def goes_on_at(self, site: str) -> bool:
        """The application moved. Was it elsewhere?"""
        moved, self.site = self.site != site, site
        return moved

    def expire(self, timer: ReferenceDeadline) -> None:
        """The link's time is over; one that was sent again meanwhile has a time of its own."""
        if self.state is ReferenceState.REQUESTED and self.expires == timer.expires:
            self._ends(ReferenceState.EXPIRED)
            self.record(ReferenceMissed(**self._about(), reason=ReferenceEnd.EXPIRED))

    def _must_be_wanted(self) -> None:
        if self.state is ReferenceState.RECEIVED:
            raise Conflict("reference_received", "This person has spoken already; read what they said.")

    def _ends(self, state: ReferenceState) -> None:
        if self.state is ReferenceState.REQUESTED:
            self.cancel("expiry")
            self.record(InvitationEnded(site=self.site, person=self.id))
        self.state, self.token_hash = state, None

    def _about(self) -> Mapping[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "candidate": self.candidate,
            "programme": self.programme,
            "reference": self.id,
        }
