"""What answers show. Answers to commands repeat no sensitive text: they are kept to answer a repetition."""

from typing import Self

from pydantic import BaseModel

from services.supervision.domain.client_names import names_in
from services.supervision.domain.hours import HoursEntry, HoursState
from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Phase, Practice
from services.supervision.domain.session import Session, SessionText
from services.supervision.domain.supervisor import Supervisor
from shared.contracts.envelope import Moment
from shared.contracts.supervision import ReviewOutcome, SessionKind


class Warn(BaseModel):
    """Something worth a second look; nothing was refused."""

    code: str
    message: str


def warnings_about(text: SessionText, practice: Practice) -> list[Warn]:
    """A warning when the text looks as if it named a client. It counts the words, it doesn't repeat them."""
    names = names_in(str(text), not_names=practice.not_names)
    if not names:
        return []
    message = (
        f"{len(names)} word{'s look' if len(names) > 1 else ' looks'} like a person's name. Notes are saved; "
        "please take clients' names out by sending the text again to this session's notes."
    )
    return [Warn(code="note_may_name_client", message=message)]


class HoursSum(BaseModel):
    """Hours of a placement: what the programme requires, what is signed off, what waits."""

    required: float
    approved: float
    waiting: float

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """The sums as they stand."""
        return cls(
            required=placement.supervised_hours_required,
            approved=placement.hours.approved,
            waiting=placement.hours.waiting,
        )


class ReviewLine(BaseModel):
    """One review; the scores are for the supervisor and the mentor to talk about."""

    review: str
    reviewer: str
    outcome: ReviewOutcome
    completed: Moment


class PlacementView(BaseModel):
    """A placement; `supervisor` is null while it waits for one."""

    placement: str
    person: str
    site: str
    programme: str
    enrolment: str
    phase: Phase
    opened: Moment
    supervisor: str | None
    supervised_since: Moment | None
    next_due: Moment | None
    overdue: bool
    sessions: int
    hours: HoursSum
    reviews: list[ReviewLine]
    version: int

    @classmethod
    def of(cls, placement: Placement) -> Self:
        """The placement without any text or score."""
        facts = placement.model_dump(
            include={
                "person", "site", "programme", "enrolment", "phase", "opened", "supervisor",
                "supervised_since", "next_due", "version",
            }
        )  # fmt: skip
        return cls(
            **facts,
            placement=placement.id,
            overdue=placement.is_overdue,
            sessions=len(placement.sessions.entries),
            hours=HoursSum.of(placement),
            reviews=[
                ReviewLine(
                    **review.model_dump(include={"reviewer", "outcome", "completed"}), review=review.id
                )
                for review in placement.reviews
            ],
        )


class SessionLine(BaseModel):
    """One session; `text` is there for the supervisor of the placement only."""

    session: str
    supervisor: str
    kind: SessionKind
    held: Moment
    minutes: int
    topics: list[str]
    text: SessionText | None = None

    @classmethod
    def of(cls, session: Session, *, with_text: bool) -> Self:
        """One session, with or without what was said."""
        facts = session.model_dump(include={"supervisor", "kind", "held", "minutes", "topics"})
        return cls(**facts, session=session.id, text=session.text if with_text else None)


class SessionsView(BaseModel):
    """The sessions of a placement, in the order they were written down."""

    placement: str
    next_due: Moment | None
    sessions: list[SessionLine]

    @classmethod
    def of(cls, placement: Placement, *, reader: str) -> Self:
        """What `reader`, a person id, may see of them."""
        with_text = reader == placement.supervisor
        lines = [SessionLine.of(session, with_text=with_text) for session in placement.sessions.entries]
        return cls(placement=placement.id, next_due=placement.next_due, sessions=lines)


class SessionAnswer(BaseModel):
    """A session was written down or changed."""

    placement: str
    session: str
    next_due: Moment | None
    warnings: list[Warn]
    version: int


class HoursLine(BaseModel):
    """One entry; note and reason are there for the mentor and the supervisor only."""

    entry: str
    bucket: str
    hours: float
    worked_on: str
    state: HoursState
    decided_by: str | None
    decided: Moment | None
    note: str | None = None
    return_reason: str | None = None

    @classmethod
    def of(cls, entry: HoursEntry, *, with_text: bool) -> Self:
        """One entry, with or without what was written."""
        facts = entry.model_dump(include={"bucket", "hours", "worked_on", "state", "decided_by", "decided"})
        text = entry.text.model_dump() if with_text else {}
        return cls(**facts, **text, entry=entry.id)


class HoursView(HoursSum):
    """The ledger of a placement, oldest first."""

    placement: str
    entries: list[HoursLine]

    @classmethod
    def about(cls, placement: Placement, *, reader: str) -> Self:
        """What `reader`, a person id, may see of the ledger."""
        with_text = reader in (placement.person, placement.supervisor)
        lines = [HoursLine.of(entry, with_text=with_text) for entry in placement.hours.entries]
        return cls(**HoursSum.of(placement).model_dump(), placement=placement.id, entries=lines)


class HoursAnswer(HoursLine):
    """An entry was reported or decided; `total` is the sum of approved hours now."""

    placement: str
    total: float
    version: int

    @classmethod
    def about(cls, placement: Placement, entry: str) -> Self:
        """The entry as it stands. Raises NotFound `hours_entry_unknown`."""
        line = HoursLine.of(placement.hours.find(entry), with_text=False)
        return cls(
            **line.model_dump(),
            placement=placement.id,
            total=placement.hours.approved,
            version=placement.version,
        )


class ReviewAnswer(ReviewLine):
    """A review was completed."""

    placement: str
    version: int


class SupervisorView(BaseModel):
    """A supervisor's terms at a site and how many they supervise at present."""

    supervisor: str
    site: str
    caseload_limit: int
    caseload: int
    free: int
    active: bool
    conflicts: list[str]
    version: int

    @classmethod
    def of(cls, supervisor: Supervisor) -> Self:
        """The terms, and the places left: none while inactive."""
        facts = supervisor.model_dump(include={"site", "caseload_limit", "active", "conflicts", "version"})
        present = len(supervisor.caseload)
        return cls(
            **facts,
            supervisor=supervisor.person,
            caseload=present,
            free=max(0, supervisor.caseload_limit - present) if supervisor.active else 0,
        )


class CaseloadView(BaseModel):
    """Everything one supervisor is in charge of: their terms by site, and the placements."""

    supervisor: str
    sites: list[SupervisorView]
    placements: list[PlacementView]
