"""What recruitment answers. Contact data and free text are shown apart, to those who need them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.api.interview_views import INTERVIEW, InterviewView
from services.recruitment.api.outcome_views import AppealView, MoveView
from services.recruitment.domain.application import ApplicationText
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import Check, CheckKind, CheckResult
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import Contact, KnownActor, Person
from services.recruitment.domain.stage import Stage
from shared.clock import utc_now
from shared.contracts.envelope import Moment
from shared.contracts.recruitment import ScreeningOutcome

_CONTACT = {
    "name": "Robin Adeyemi",
    "email": "robin@example.org",
    "phone": None,
    "language": "en",
    "time_zone": "Europe/London",
}
_CANDIDATE = {
    "candidate": "0198f2c0-0000-7000-8000-000000000001",
    "person": "0198f2c0-0000-7000-8000-000000000002",
    "site": "leeds",
    "programme": "core",
    "stage": "deferred",
    "applied": "2026-03-02T09:00:00Z",
    "version": 4,
    "checks": [
        {
            "check": "background_check",
            "result": "cleared",
            "expires": "2027-03-02T00:00:00Z",
            "lapsed": False,
            "recorded_by": "leeds-carla",
            "recorded": "2026-03-05T11:00:00Z",
            "provider_reference": "DBS-0042-77",
        }
    ],
    "interview": INTERVIEW,
    "outcome": "deferred",
    "decided_by": "leeds-carla",
    "beyond_capacity": False,
    "appeal_until": None,
    "appeal": None,
    "withdrawn_by": None,
}


_ALIKE = {
    "candidate": "0198f2c0-0000-7000-8000-000000000009",
    "programme": "core",
    "stage": "withdrawn",
    "applied": "2025-11-20T09:00:00Z",
}


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class ReceivedView(BaseModel):
    """An application was received. It says no more, whoever it names and whether or not it is their first."""

    model_config = _example({"received": True})

    received: bool = True


class CheckView(BaseModel):
    """How a check stands."""

    check: CheckKind
    result: CheckResult
    expires: Moment | None
    lapsed: bool
    recorded_by: str
    recorded: Moment
    provider_reference: str | None

    @classmethod
    def of(cls, check: Check, now: datetime) -> Self:
        """From the aggregate."""
        return cls(**dict(check), lapsed=check.has_lapsed(now))


class CandidateView(BaseModel):
    """A candidate as a list shows them: codes and times, no free text, no address."""

    model_config = _example(_CANDIDATE)

    candidate: str
    person: str
    site: str
    programme: str
    stage: Stage
    applied: Moment
    version: int
    checks: list[CheckView]
    interview: InterviewView | None
    outcome: ScreeningOutcome | None
    decided_by: str | None
    beyond_capacity: bool
    appeal_until: Moment | None
    appeal: AppealView | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """From the aggregate."""
        return cls(**_codes(candidate))


class AlikeView(BaseModel):
    """An application that may be of the same person: somebody has to look, and nothing follows by itself."""

    model_config = _example(_ALIKE)

    candidate: str
    programme: str
    stage: Stage
    applied: Moment

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """From the aggregate."""
        return cls(
            candidate=candidate.id,
            programme=candidate.programme,
            stage=candidate.stage,
            applied=candidate.applied,
        )


class CandidatePage(CandidateView):
    """One candidate in full, as far as the reader may see."""

    model_config = _example(
        {
            **_CANDIDATE,
            "missing_for_acceptance": ["1 of 2 scorecards are in; wait for the rest."],
            "contact": _CONTACT,
            "text": {
                "statement": "I know the way through.",
                "availability": None,
                "accessibility_needs": None,
            },
            "reason": "A little more time first, as we agreed.",
            "deferred_until": "2026-06-01T09:00:00Z",
            "support_contacts": ["The peer line, 0113 496 0000"],
            "withdrawal_reason": None,
            "erased": False,
            "appeal_words": None,
            "appeal_reason": None,
            "waiting_position": None,
            "moves": [],
            "may_be_same_as": [_ALIKE],
        }
    )

    missing_for_acceptance: list[str]
    contact: Contact | None
    text: ApplicationText | None
    reason: str | None
    deferred_until: Moment | None
    support_contacts: list[str]
    withdrawal_reason: str | None
    erased: bool
    """Is text that this reader might read gone for good, with the person's key?"""
    appeal_words: str | None
    appeal_reason: str | None
    waiting_position: int | None
    moves: list[MoveView]
    may_be_same_as: list[AlikeView]

    @classmethod
    def for_reader(
        cls,
        candidate: Candidate,
        reader: KnownActor,
        *,
        contact: Contact | None,
        offer: ProgrammeOffer,
        position: int | None,
        alike: Iterable[Candidate],
        now: datetime,
    ) -> Self:
        """As far as the aggregate, opened, shows it; `position` is that in the line, `alike` for coordinators."""
        private = candidate.shows_private_to(reader)
        withdrawal = candidate.withdrawal if private else None
        text = candidate.application.text if candidate.shows_text_to(reader) else None
        taken_back = withdrawal.text.read() if withdrawal and withdrawal.text else None
        coordinated = candidate.is_coordinated_by(reader)
        return cls(
            **_codes(candidate),
            **_reasons(candidate, reader),
            missing_for_acceptance=list(candidate.missing_for_acceptance(offer, now)) if coordinated else [],
            contact=contact if private else None,
            text=text.read() if text else None,
            withdrawal_reason=taken_back.reason if taken_back else None,
            may_be_same_as=[AlikeView.of(one) for one in alike] if coordinated else [],
            erased=text is not None and text.erased,
            waiting_position=position if private else None,
            moves=[MoveView.of(move) for move in candidate.moves] if private else [],
        )


class StaffView(BaseModel):
    """What somebody does for a site. The contact is shown to the site where they belong."""

    model_config = _example(
        {
            "person": "leeds-ines",
            "site": "leeds",
            "duties": ["interviewer"],
            "contact": {**_CONTACT, "name": "Ines Okoro", "email": "ines@example.org"},
            "version": 1,
        }
    )

    person: str
    site: str
    duties: list[str]
    contact: Contact | None
    version: int

    @classmethod
    def of(cls, person: Person, site: str) -> Self:
        """From the aggregate, as one site sees it."""
        return cls(
            person=person.id,
            site=site,
            duties=list(person.duties_at(site)),
            contact=person.contact_for(site),
            version=person.version,
        )


def _codes(candidate: Candidate) -> dict[str, Any]:
    last = candidate.decisions[-1] if candidate.decisions else None
    return {
        "candidate": candidate.id,
        "person": candidate.person,
        "site": candidate.site,
        "programme": candidate.programme,
        "stage": candidate.stage,
        "applied": candidate.applied,
        "version": candidate.version,
        "checks": [CheckView.of(one, utc_now()) for one in candidate.checks],
        "interview": InterviewView.of(candidate),
        "outcome": last.outcome if last else None,
        "decided_by": last.by if last else None,
        "beyond_capacity": last.beyond_capacity if last else False,
        "appeal_until": last.appeal_until if last else None,
        "appeal": AppealView.of(candidate.appeals[-1]) if candidate.appeals else None,
        "withdrawn_by": candidate.withdrawal.by if candidate.withdrawal else None,
    }


def _reasons(candidate: Candidate, reader: KnownActor) -> dict[str, Any]:
    """Why it was decided so, and how the person sees it, as far as the reader may know."""
    shown = candidate.shows_decision_to(reader)
    decision = candidate.decisions[-1] if shown and candidate.decisions else None
    appeal = candidate.appeals[-1] if shown and candidate.appeals else None
    decided = decision.text.read() if decision else None
    words = appeal.text.read() if appeal else None
    ruling = appeal.ruling.text.read() if appeal and appeal.ruling else None
    return {
        "reason": decided.reason if decided else None,
        "deferred_until": decision.deferred_until if decision else None,
        "support_contacts": list(decided.support_contacts) if decided else [],
        "appeal_words": words.words if words else None,
        "appeal_reason": ruling.reason if ruling else None,
    }
