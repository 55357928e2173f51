"""A person's supervised work: who supervises it, the sessions, the hours and the reviews."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import Field

from services.supervision.domain.hours import HoursDraft, HoursEntry, HoursLedger, HoursState
from services.supervision.domain.practice import Cadence, Phase, Practice
from services.supervision.domain.review import Review
from services.supervision.domain.session import Session, SessionDraft, SessionLog, SessionText
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import (
    CadenceDeadline,
    HoursApproved,
    HoursReported,
    HoursReturned,
    PerformanceReviewed,
    PlacementOpened,
    ReviewOutcome,
    SupervisionLogged,
    SupervisionOverdue,
    SupervisorAssigned,
)
from shared.contracts.training import TrainingCompleted
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import Conflict, Forbidden, Invalid

_CADENCE_TIMER = "cadence"


def placement_id(enrolment: str) -> str:
    """One placement per enrolment, so an event that comes twice finds the same one."""
    return stable_id("placement", enrolment)


class Placement(Aggregate):
    """Nobody works alone: without a supervisor there are no sessions, no hours and no reviews."""

    collection: ClassVar[str] = "placements"

    person: Id
    programme: Code
    enrolment: Id
    supervised_hours_required: float
    opened: Moment
    phase: Phase = Phase.PRACTICE
    cadence: Cadence
    supervisor: Id | None = Field(default=None, description="None: in the queue of those who wait for one.")
    supervised_since: Moment | None = None
    next_due: Moment | None = Field(default=None, description="When the next session is due.")
    missed_due: Moment | None = Field(default=None, description="The due date last announced as missed.")
    sessions: SessionLog = SessionLog()
    hours: HoursLedger = HoursLedger()
    reviews: tuple[Review, ...] = ()

    @classmethod
    def open(cls, completed: TrainingCompleted, *, practice: Practice, now: datetime) -> Self:
        """What follows from completed training. Nobody decides it: only a supervisor is still missing."""
        placement = cls(
            id=placement_id(completed.enrolment),
            site=completed.site,
            person=completed.person,
            programme=completed.programme,
            enrolment=completed.enrolment,
            supervised_hours_required=completed.supervised_hours_required,
            opened=now,
            cadence=practice.cadence[Phase.PRACTICE],
        )
        placement.record(
            PlacementOpened(
                **placement._about(),
                enrolment=completed.enrolment,
                supervised_hours_required=completed.supervised_hours_required,
            )
        )
        return placement

    def must_not_be_with(self, supervisor: str) -> None:
        """Raises Conflict `supervisor_already_assigned`."""
        if self.supervisor == supervisor:
            raise Conflict(
                "supervisor_already_assigned",
                f"{supervisor} supervises this placement already. Nothing needs to be done.",
            )

    def assign_supervisor(self, supervisor: str, *, by: str, now: datetime) -> None:
        """Put a supervisor in charge; the first one starts the obligation to meet, a later one takes it over.

        The caseload is the supervisor's own rule: go through `assignment.assign`.
        """
        self.must_not_be_with(supervisor)
        previous, self.supervisor = self.supervisor, supervisor
        if self.supervised_since is None:
            self.supervised_since = now
            self._expect_next_session()
        self.record(
            SupervisorAssigned(**self._about(), supervisor=supervisor, assigned_by=by, previous=previous)
        )

    def log_session(
        self, session: str, draft: SessionDraft, *, by: str, practice: Practice, now: datetime
    ) -> None:
        """Write down a session that took place; the next one is due a cadence after the latest.

        Raises:
            Conflict: `placement_without_supervisor`.
            Forbidden: `placement_not_yours`.
            Invalid: what `SessionDraft.must_have_been_held` raises, and `session_topic_unknown`.
        """
        self._must_be_supervised_by(by)
        draft.must_have_been_held(opened=self.opened, now=now)
        practice.must_know_topics(draft.topics)
        logged = Session.of(draft, id=session, supervisor=by, logged=now)
        self.sessions = self.sessions.adding(logged)
        self._expect_next_session()
        self.record(
            SupervisionLogged(
                **self._about(),
                **logged.model_dump(include={"supervisor", "kind", "held", "minutes", "topics"}),
                session=session,
                next_due=self.next_due,
            )
        )

    def rewrite_session(self, session: str, text: SessionText, *, by: str) -> None:
        """Replace a session's text, such as to take a client's name out. Raises as `SessionLog.rewriting`."""
        self.sessions = self.sessions.rewriting(session, text, by=by)

    def notice_missed_session(self, due: datetime) -> None:
        """The grace time after `due` is over: announce it once, unless a session was held in time."""
        if due != self.next_due or due == self.missed_due:
            return
        self.missed_due = due
        self.record(SupervisionOverdue(**self._about(), due=due, supervisor=self.supervisor))

    @property
    def is_overdue(self) -> bool:
        """Is the present obligation to meet announced as missed?"""
        return self.next_due is not None and self.next_due == self.missed_due

    def continue_certified(self, *, practice: Practice) -> None:
        """The certificate is granted: the placement stays open, with supervision at its cadence."""
        if self.phase is Phase.CERTIFIED:
            return
        self.phase = Phase.CERTIFIED
        self.cadence = practice.cadence[Phase.CERTIFIED]
        self._expect_next_session()

    def report_hours(
        self, entry: str, draft: HoursDraft, *, by: str, practice: Practice, now: datetime
    ) -> None:
        """The mentor's own report; it counts once the supervisor approves it.

        Raises:
            Forbidden: `hours_of_somebody_else`.
            Conflict: `placement_without_supervisor`, `hours_day_full`.
            Invalid: `hours_bucket_unknown`, and what `HoursDraft.must_be_possible` raises.
        """
        if by != self.person:
            raise Forbidden("hours_of_somebody_else", "Only the mentor reports their own hours.")
        self._must_be_supervised()
        practice.must_know_bucket(draft.bucket)
        draft.must_be_possible(now=now)
        self.hours = self.hours.adding(HoursEntry.of(draft, id=entry, reported=now))
        self.record(HoursReported(**self._about(), entry=entry, bucket=draft.bucket, hours=draft.hours))

    def approve_hours(self, entry: str, *, by: str, now: datetime) -> None:
        """Sign off an entry, once, by the supervisor.

        Raises:
            Forbidden: `hours_not_own`, `placement_not_yours`.
            Conflict: `placement_without_supervisor`, `hours_already_decided`.
            NotFound: `hours_entry_unknown`.
        """
        found = self._must_decide_hours(entry, by=by)
        self.hours = self.hours.replacing(found.decide(HoursState.APPROVED, by=by, now=now))
        self.record(
            HoursApproved(
                **self._about(),
                entry=entry,
                bucket=found.bucket,
                hours=found.hours,
                total=self.hours.approved,
                approved_by=by,
            )
        )

    def return_hours(self, entry: str, *, by: str, reason: str, now: datetime) -> None:
        """Give an entry back with a reason. Raises as `approve_hours`, and Invalid `hours_reason_missing`."""
        found = self._must_decide_hours(entry, by=by)
        if not reason.strip():
            raise Invalid("hours_reason_missing", "Please say why, so that the mentor knows what to correct.")
        self.hours = self.hours.replacing(
            found.decide(HoursState.RETURNED, by=by, now=now, return_reason=reason.strip())
        )
        self.record(HoursReturned(**self._about(), entry=entry, returned_by=by))

    def review_performance(
        self,
        review: str,
        *,
        by: str,
        scores: Mapping[str, int],
        outcome: ReviewOutcome,
        practice: Practice,
        now: datetime,
    ) -> None:
        """The supervisor's review on the whole rubric.

        Raises:
            Conflict: `placement_without_supervisor`.
            Forbidden: `placement_not_yours`.
            Invalid: what `Practice.must_be_a_complete_rubric` raises.
        """
        self._must_be_supervised_by(by)
        practice.must_be_a_complete_rubric(scores)
        completed = Review(id=review, reviewer=by, scores=dict(scores), outcome=outcome, completed=now)
        self.reviews = (*self.reviews, completed)
        self.record(PerformanceReviewed(**self._about(), review=review, reviewer=by, outcome=outcome))

    def _about(self) -> dict[str, Any]:
        return {"site": self.site, "person": self.person, "placement": self.id, "programme": self.programme}

    def _must_be_supervised(self) -> None:
        if self.supervisor is None:
            raise Conflict(
                "placement_without_supervisor",
                "Nobody works without a supervisor, and this placement still waits for one. A coordinator of "
                "the site can assign one; from then on sessions and hours can be written down.",
            )

    def _must_be_supervised_by(self, person: str) -> None:
        self._must_be_supervised()
        if person != self.supervisor:
            raise Forbidden(
                "placement_not_yours",
                "Only the supervisor assigned to this placement can do this. If that should be you, ask a "
                "coordinator of the site to assign you.",
            )

    def _must_decide_hours(self, entry: str, *, by: str) -> HoursEntry:
        if by == self.person:
            raise Forbidden(
                "hours_not_own", "Nobody signs their own hours. Your supervisor decides about them."
            )
        self._must_be_supervised_by(by)
        return self.hours.find(entry)

    def _expect_next_session(self) -> None:
        if self.supervised_since is None:
            return
        last = max(self.supervised_since, self.sessions.last_held or self.supervised_since)
        due = self.cadence.due_after(last)
        self.next_due = due
        self.schedule(
            _CADENCE_TIMER, self.cadence.overdue_after(due), CadenceDeadline(**self._about(), due=due)
        )
