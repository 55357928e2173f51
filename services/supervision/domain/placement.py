"""A person's supervised work: who supervises it, and what may be done with its sessions, hours and reviews.

Sessions and entries of hours are documents of their own, made and changed here and saved together with the
placement: its version guards them, and its sums need none of them read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import Field

from services.supervision.domain.charge import Assignment, Closing
from services.supervision.domain.hours import HoursDraft, HoursEntry, HoursTotals, Workday, entry_here
from services.supervision.domain.obligation import Obligation
from services.supervision.domain.practice import Cadence, Phase, Practice
from services.supervision.domain.review import Review
from services.supervision.domain.session import Session, SessionDraft, SessionText, session_here
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import (
    CadenceDeadline,
    HoursApproved,
    HoursReported,
    HoursReturned,
    PerformanceReviewed,
    PlacementClosed,
    PlacementOpened,
    ReviewOutcome,
    SupervisionLogged,
    SupervisionOverdue,
    SupervisorAssigned,
)
from shared.contracts.training import TrainingCompleted
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import Conflict, Forbidden
from shared.domain.people import Actor, Role

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
    assessed_by: Id | None = Field(default=None, description="Who passed the practical assessment.")
    opened: Moment
    phase: Phase = Phase.PRACTICE
    cadence: Cadence
    supervisor: Id | None = Field(
        default=None,
        description="None: waits for one. After the end: who it was, to decide what still waits.",
    )
    supervised_since: Moment | None = None
    assignments: tuple[Assignment, ...] = Field(default=(), description="Every one there was, oldest first.")
    obligation: Obligation = Obligation()
    sessions: int = 0
    last_held: Moment | None = Field(
        default=None, description="When the latest session was held, whenever it was written down."
    )
    hours: HoursTotals = HoursTotals()
    reviews: tuple[Review, ...] = ()
    closed: Closing | None = None

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
            assessed_by=completed.assessed_by,
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

    # Who may see what

    def is_in_care_of(self, actor: Actor) -> bool:
        """Are they the assigned supervisor, and do they still supervise at the site?"""
        return actor.person == self.supervisor and actor.holds(self.site, Role.SUPERVISOR)

    def notes_may_be_read_by(self, actor: Actor) -> bool:
        """What was said in a session is for the supervisor."""
        return self.is_in_care_of(actor)

    def remarks_may_be_read_by(self, actor: Actor) -> bool:
        """What is written beside hours is between the mentor and the supervisor."""
        return actor.person == self.person or self.is_in_care_of(actor)

    def scores_may_be_read_by(self, actor: Actor) -> bool:
        """Scores are for the mentor, the supervisor and the site's coordinators; others see the outcome."""
        return self.remarks_may_be_read_by(actor) or actor.holds(self.site, Role.COORDINATOR)

    def must_not_lack_the_role(self, actor: Actor) -> None:
        """Being assigned is not enough. Raises Forbidden `supervisor_role_missing`."""
        if actor.person == self.supervisor and not self.is_in_care_of(actor):
            raise Forbidden(
                "supervisor_role_missing",
                f"You are assigned to this placement, and no longer a supervisor at {self.site}. Ask a "
                "coordinator of the site to assign somebody else, or an administrator for the role.",
            )

    # The supervisor, and the end

    def must_accept(self, assignment: Assignment) -> None:
        """May this person be put in charge, by this one, on these grounds?

        Raises:
            Forbidden: `placement_own_decision`.
            Conflict: `placement_closed`, `supervisor_already_assigned`, `supervisor_assessed_this_person`.
            Invalid: what `Assignment.must_be_possible` raises.
        """
        self._must_be_open()
        self._must_not_be_decided_by_the_mentor(assignment.by)
        if self.supervisor == assignment.supervisor:
            raise Conflict(
                "supervisor_already_assigned",
                f"{self.supervisor} supervises this placement already. Nothing needs to be done.",
            )
        if self.assessed_by == assignment.supervisor:
            raise Conflict(
                "supervisor_assessed_this_person",
                f"{self.assessed_by} passed this person's practical assessment, and somebody else has to sign "
                "the hours. Choose another supervisor.",
            )
        assignment.must_be_possible(first=self.supervisor is None)

    def assign_supervisor(self, assignment: Assignment) -> None:
        """Put a supervisor in charge; the first one starts the obligation to meet, a later one takes it over.

        The caseload is the supervisor's own rule: go through `assignment.assign`. Raises as `must_accept`.
        """
        self.must_accept(assignment)
        previous, self.supervisor = self.supervisor, assignment.supervisor
        self.assignments = (*self.assignments, assignment)
        if self.supervised_since is None:
            self.supervised_since = assignment.since or assignment.at
            self._owe(self.obligation.counted_anew(now=assignment.at))
        else:
            self._watch(self.obligation.taken_over(now=assignment.at))
        self.record(
            SupervisorAssigned(
                **self._about(),
                supervisor=assignment.supervisor,
                assigned_by=assignment.by,
                previous=previous,
                next_due=self.obligation.next_due,
            )
        )

    def close(self, closing: Closing, *, practice: Practice) -> None:
        """End it: no more work, nothing due. Hours that wait are still decided by the supervisor of now.

        The caseload is the supervisor's own rule: go through `assignment.close`.

        Raises:
            Forbidden: `placement_own_decision`.
            Conflict: `placement_closed`.
            Invalid: `closing_reason_unknown`.
        """
        self._must_be_open()
        self._must_not_be_decided_by_the_mentor(closing.by)
        practice.must_know_closing_reason(closing.reason)
        self.closed = closing
        self._watch(self.obligation.ended())
        self.record(PlacementClosed(**self._about(), reason=closing.reason))

    # Sessions, and when the next is due

    def log_session(
        self, session: str, draft: SessionDraft, *, by: str, practice: Practice, now: datetime
    ) -> Session:
        """Write down a session that took place; the next one is due a cadence after the latest.

        Raises:
            Conflict: `placement_closed`, `placement_without_supervisor`.
            Forbidden: `placement_not_yours`.
            Invalid: what `SessionDraft.must_have_been_held` raises, and `session_topic_unknown`.
        """
        self._must_be_open()
        since = self._must_be_supervised_by(by)
        draft.must_have_been_held(earliest=min(self.opened, since), now=now)
        practice.must_know_topics(draft.topics)
        logged = Session.of(
            draft,
            id=session,
            site=self.site,
            placement=self.id,
            person=self.person,
            supervisor=by,
            logged=now,
        )
        self.sessions += 1
        self.last_held = max(self.last_held or logged.held, logged.held)
        self._owe(self.obligation)
        self.record(
            SupervisionLogged(
                **self._about(),
                **logged.model_dump(include={"supervisor", "kind", "held", "minutes", "topics"}),
                session=session,
                next_due=self.obligation.next_due,
            )
        )
        return logged

    def rewrite_session(self, found: Session | None, text: SessionText, *, by: str, now: datetime) -> Session:
        """Replace a session's text, such as to take a client's name out; whoever wrote it before.

        Raises:
            Conflict: `placement_without_supervisor`.
            Forbidden: `placement_not_yours`.
            NotFound: `session_unknown`.
        """
        self._must_be_supervised_by(by)
        session = session_here(found, placement=self.id)
        session.rewrite(text, by=by, now=now)
        return session

    def notice_missed_session(self, due: datetime, *, now: datetime) -> None:
        """The grace time after `due` is over: announce it, and again a cadence later until a session is held."""
        missed = self.obligation.next_due
        if missed is None or due != self.obligation.watched_due:
            return
        self.record(SupervisionOverdue(**self._about(), due=missed, supervisor=self.supervisor))
        self._watch(self.obligation.missing(due, cadence=self.cadence, now=now))

    def continue_certified(self, *, practice: Practice) -> None:
        """The certificate is granted: the placement stays open, with supervision at its cadence."""
        self.phase = Phase.CERTIFIED
        self.cadence = practice.cadence[Phase.CERTIFIED]
        self._owe(self.obligation)

    def pause(self) -> None:
        """The person's training pauses: nobody owes them, or they nobody, a session meanwhile."""
        self._watch(self.obligation.pausing())

    def resume(self, *, now: datetime) -> None:
        """The pause is over: the cadence begins anew."""
        self._owe(self.obligation.resumed(now=now))

    # Hours

    def report_hours(
        self, entry: str, draft: HoursDraft, *, day: Workday, by: str, practice: Practice, now: datetime
    ) -> HoursEntry:
        """The mentor's own report; it counts once the supervisor approves it. `day` is what was worked then.

        Raises:
            Forbidden: `hours_of_somebody_else`.
            Conflict: `placement_closed`, `placement_without_supervisor`; with NotFound, what
                `Workday.must_have_room_for` raises.
            Invalid: `hours_bucket_unknown`, and what `HoursDraft.must_be_possible` raises.
        """
        if by != self.person:
            raise Forbidden("hours_of_somebody_else", "Only the mentor reports their own hours.")
        self._must_be_open()
        practice.must_know_bucket(draft.bucket)
        draft.must_be_possible(since=self._must_be_supervised(), now=now)
        day.must_have_room_for(draft)
        reported = HoursEntry.of(
            draft, id=entry, site=self.site, placement=self.id, person=self.person, reported=now
        )
        self.hours = self.hours.with_reported(reported.hours)
        said = reported.model_dump(include={"bucket", "hours", "corrects"})
        self.record(HoursReported(**self._about(), **said, entry=entry))
        return reported

    def approve_hours(self, found: HoursEntry | None, *, by: str, now: datetime) -> HoursEntry:
        """Sign off an entry, once, by the supervisor.

        Raises:
            Forbidden: `hours_not_own`, `placement_not_yours`.
            Conflict: `placement_without_supervisor`, `hours_already_decided`.
            NotFound: `hours_entry_unknown`.
        """
        entry = self._must_decide_hours(found, by=by)
        entry.approve(by=by, now=now)
        self.hours = self.hours.with_decided(entry)
        said = entry.model_dump(include={"bucket", "hours"})
        self.record(
            HoursApproved(**self._about(), **said, entry=entry.id, total=self.hours.approved, approved_by=by)
        )
        return entry

    def return_hours(self, found: HoursEntry | None, *, by: str, reason: str, now: datetime) -> HoursEntry:
        """Give an entry back with a reason. Raises as `approve_hours`, and Invalid `hours_reason_missing`."""
        entry = self._must_decide_hours(found, by=by)
        entry.give_back(by=by, reason=reason, now=now)
        self.hours = self.hours.with_decided(entry)
        self.record(HoursReturned(**self._about(), entry=entry.id, returned_by=by))
        return entry

    # Reviews

    def review_performance(
        self,
        review: str,
        *,
        by: str,
        scores: Mapping[str, int],
        outcome: ReviewOutcome,
        practice: Practice,
        now: datetime,
    ) -> Review:
        """The supervisor's review on the whole rubric.

        Raises:
            Conflict: `placement_closed`, `placement_without_supervisor`.
            Forbidden: `placement_not_yours`.
            Invalid: what `Practice.must_be_a_complete_rubric` raises.
        """
        self._must_be_open()
        self._must_be_supervised_by(by)
        practice.must_be_a_complete_rubric(scores)
        completed = Review(id=review, reviewer=by, scores=dict(scores), outcome=outcome, completed=now)
        self.reviews = (*self.reviews, completed)
        self.record(PerformanceReviewed(**self._about(), review=review, reviewer=by, outcome=outcome))
        return completed

    def _about(self) -> dict[str, Any]:
        return {"site": self.site, "person": self.person, "placement": self.id, "programme": self.programme}

    def _owe(self, obligation: Obligation) -> None:
        self._watch(obligation.expecting(last_held=self.last_held, cadence=self.cadence))

    def _watch(self, obligation: Obligation) -> None:
        before, self.obligation = self.obligation.watched_due, obligation
        due = obligation.watched_due
        if due == before:
            return
        if due is None:
            self.cancel(_CADENCE_TIMER)
        else:
            deadline = CadenceDeadline(**self._about(), due=due)
            self.schedule(_CADENCE_TIMER, self.cadence.overdue_after(due), deadline)

    def _must_be_open(self) -> None:
        if self.closed is not None:
            raise Conflict(
                "placement_closed",
                f"This placement ended on {self.closed.at:%Y-%m-%d}. What is on record stays; nothing new is "
                "added, and only hours that wait are still decided.",
            )

    def _must_not_be_decided_by_the_mentor(self, person: str) -> None:
        if person == self.person:
            raise Forbidden(
                "placement_own_decision",
                "Nobody decides about their own placement. Ask another coordinator of the site.",
            )

    def _must_be_supervised(self) -> datetime:
        if self.supervisor is None or self.supervised_since is None:
            raise Conflict(
                "placement_without_supervisor",
                "Nobody works without a supervisor, and this placement still waits for one. A coordinator of "
                "the site can assign one; from then on sessions and hours can be written down.",
            )
        return self.supervised_since

    def _must_be_supervised_by(self, person: str) -> datetime:
        since = self._must_be_supervised()
        if person != self.supervisor:
            raise Forbidden(
                "placement_not_yours",
                "Only the supervisor assigned to this placement can do this. If that should be you, ask a "
                "coordinator of the site to assign you.",
            )
        return since

    def _must_decide_hours(self, found: HoursEntry | None, *, by: str) -> HoursEntry:
        if by == self.person:
            raise Forbidden(
                "hours_not_own", "Nobody signs their own hours. Your supervisor decides about them."
            )
        self._must_be_supervised_by(by)
        return entry_here(found, placement=self.id)
