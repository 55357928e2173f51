"""An appeal against a decision about a certificate: made by the person, decided by somebody else."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from services.training.domain.certification import Clocks
from services.training.domain.reason import ReasonText, sealed
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import (
    AppealDeadline,
    AppealedDecision,
    CertificationAppealDecided,
    CertificationAppealDue,
    CertificationAppealed,
)
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role
from shared.domain.sealed import Sealed

NOTICE_DAYS = (7, 0)
"""So many days before its time is over the certifiers are reminded of an appeal."""


class Outcome(StrEnum):
    """How an appeal ended."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class AppealText(Value):
    """What the person wrote; for them and those who decide."""

    words: str = Field(min_length=1, max_length=4_000)


class Against(Value):
    """The decision an appeal is against: whose it was, and when."""

    decision: AppealedDecision
    by: Id
    at: Moment


class Appeal(Aggregate):
    """One per decision: its id follows from what it is against. Until it is decided that decision stands.

    `why` is the reason of whoever decided.
    """

    collection: ClassVar[str] = "appeals"

    person: Id
    programme: Code
    enrolment: Id
    certificate: Id | None
    against: Against
    made: Moment
    decide_by: Moment
    text: Sealed[AppealText]
    why: Sealed[ReasonText] | None = None
    outcome: Outcome | None = None
    decided: Moment | None = None
    decided_by: Id | None = None

    @classmethod
    def make(
        cls,
        *,
        about: dict[str, Any],
        against: Against,
        words: str,
        by: str,
        clocks: Clocks,
        now: datetime,
    ) -> Self:
        """The person appeals, in their own words; `about` names site, person, programme, enrolment, certificate.

        Raises:
            Forbidden: `appeal_not_own`.
            Conflict: `appeal_too_late`.
            Invalid: `appeal_without_words`.
        """
        if by != about["person"]:
            raise Forbidden(
                "appeal_not_own", "Only the person themself can appeal; help them to, if they ask."
            )
        ends = against.at + timedelta(days=clocks.appeal_days.value)
        if now >= ends:
            raise Conflict(
                "appeal_too_late",
                f"An appeal against this decision could be made until {ends:%Y-%m-%d}. Talk to the site about what "
                "is possible now.",
            )
        if not words.strip():
            raise Invalid("appeal_without_words", "Say in your own words what should be looked at again.")
        appeal = cls(
            id=appeal_id(about["enrolment"], against),
            against=against,
            made=now,
            decide_by=now + timedelta(days=clocks.appeal_decision_days.value),
            text=Sealed.of(AppealText(words=words.strip())),
            **about,
        )
        appeal.record(
            CertificationAppealed(**appeal._about(), decision_by=against.by, decide_by=appeal.decide_by)
        )
        appeal._expect_a_decision(now)
        return appeal

    def must_be_decided_by(self, certifier: Actor) -> None:
        """Another certifier of the site.

        Raises:
            Forbidden: `certifier_is_the_person`, `certifier_needed`, `appeal_own_decision`.
        """
        if certifier.person == self.person:
            raise Forbidden(
                "certifier_is_the_person", "Nobody decides on their own appeal. A certifier does."
            )
        if not certifier.holds(self.site, Role.CERTIFIER):
            raise Forbidden(
                "certifier_needed", f"An appeal at {self.site} is decided by a certifier of that site."
            )
        if certifier.person == self.against.by:
            raise Forbidden(
                "appeal_own_decision",
                "This appeal is against your own decision. Another certifier of the site decides on it.",
            )

    def decide(self, outcome: Outcome, *, by: Actor, reason: str, now: datetime) -> None:
        """A certifier decides, in time or not; go through `appealing`, which undoes what is to be undone.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `appeal_already_decided`.
            Invalid: `reason_missing`.
        """
        self.must_be_decided_by(by)
        if self.outcome is not None:
            raise Conflict("appeal_already_decided", f"This appeal is {self.outcome} already.")
        self.why = sealed(reason)
        self.outcome, self.decided, self.decided_by = outcome, now, by.person
        for days in NOTICE_DAYS:
            self.cancel(_notice(days))
        self.record(
            CertificationAppealDecided(
                **self._about(), decided_by=by.person, upheld=outcome is Outcome.UPHELD
            )
        )

    def meet_deadline(self, deadline: AppealDeadline, *, now: datetime) -> None:
        """A timer came: somebody has to decide soon, or should have. Nothing is decided by that.

        After an outage a notice before the end may come when that is over; then the one at the end says it all.
        """
        is_past = deadline.days_left > 0 and now >= self.decide_by
        if self.outcome is None and not is_past:
            self.record(
                CertificationAppealDue(
                    **self._about(), decision_by=self.against.by, days_left=deadline.days_left
                )
            )

    def _expect_a_decision(self, now: datetime) -> None:
        for days in NOTICE_DAYS:
            due = self.decide_by - timedelta(days=days)
            if due > now:
                self.schedule(_notice(days), due, AppealDeadline(**self._about(), days_left=days))

    def _about(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "programme": self.programme,
            "enrolment": self.enrolment,
            "appeal": self.id,
            "against": self.against.decision,
        }


def appeal_id(enrolment: str, against: Against) -> str:
    """One appeal per decision."""
    return stable_id("appeal", enrolment, against.decision.value, against.at.isoformat())


def _notice(days: int) -> str:
    return f"{days}_days_left"
