"""What recruitment answers. Contact data and free text are shown apart, to those who need them."""

from typing import Self

from pydantic import BaseModel

from services.recruitment.domain.application import ApplicationText
from services.recruitment.domain.candidate import Candidate, CheckResult, Stage
from services.recruitment.domain.interview import Interview, Scorecard
from services.recruitment.domain.person import Contact, Person
from shared.contracts.envelope import Moment
from shared.contracts.recruitment import ScreeningOutcome


class CheckView(BaseModel):
    """How a check stands."""

    check: str
    result: CheckResult
    expires: Moment | None


class InterviewView(BaseModel):
    """The appointment, and who has handed in a card."""

    starts: Moment
    minutes: int
    panel: list[str]
    submitted: list[str]

    @classmethod
    def of(cls, interview: Interview) -> Self:
        """From the aggregate's part."""
        return cls(
            starts=interview.starts,
            minutes=interview.minutes,
            panel=list(interview.panel),
            submitted=[card.interviewer for card in interview.cards],
        )


class CandidateView(BaseModel):
    """A candidate as a list shows them: codes and times, no free text, no address."""

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

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """From the aggregate."""
        last = candidate.decisions[-1] if candidate.decisions else None
        return cls(
            candidate=candidate.id,
            person=candidate.person,
            site=candidate.site,
            programme=candidate.programme,
            stage=candidate.stage,
            applied=candidate.applied,
            version=candidate.version,
            checks=[
                CheckView(check=one.check, result=one.result, expires=one.expires) for one in candidate.checks
            ],
            interview=InterviewView.of(candidate.interview) if candidate.interview else None,
            outcome=last.outcome if last else None,
            decided_by=last.by if last else None,
        )


class CandidatePage(CandidateView):
    """One candidate in full, as far as the reader may see."""

    missing_for_acceptance: list[str]
    contact: Contact | None
    text: ApplicationText | None
    reason: str | None


class ScorecardsView(BaseModel):
    """The cards the reader may see, and whether all are in."""

    complete: bool
    submitted: list[str]
    cards: list[Scorecard]
    means: dict[str, float]


class StaffView(BaseModel):
    """What somebody does for a site. The contact is shown to the site where they belong."""

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
