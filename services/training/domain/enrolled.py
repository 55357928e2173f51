"""What an enrolment holds, and what its rules ask first and see to in the end."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from services.training.domain.education import Education, EducationState
from services.training.domain.evidence import Evidence
from services.training.domain.learning import Learning
from services.training.domain.module import Delivery
from services.training.domain.next_period import NextPeriod
from services.training.domain.programme import Programme, Programmes
from services.training.domain.readiness import Readiness, Standing, readiness_of
from services.training.domain.recognition import RecognitionState
from services.training.domain.renewal import Course, renewal_readiness
from services.training.domain.returning import Return
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import (
    CertificationReady,
    CertificationRenewalReady,
    DecisionDeadline,
    EnrolmentDeadline,
    TrainingCompleted,
)
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict
from shared.domain.sealed import Sealed


class MovedText(Value):
    """Why somebody was put under other rules; for the person and staff of the site."""

    reason: str = Field(min_length=1, max_length=2_000)


class Moved(Value):
    """From one version of the programme to another, by somebody named."""

    from_version: int
    to_version: int
    at: Moment
    by: Id
    text: Sealed[MovedText]


CHECK_ENDS = "check_ends"
"""The name of the timer."""


class Enrolled(Aggregate):
    """The state of an `Enrolment`; its rules are in the files named for what they are about.

    Rules that depend on the programme are given the version the enrolment keeps.
    """

    collection: ClassVar[str] = "enrolments"

    person: Id
    programme: Code
    programme_version: int
    moves: tuple[Moved, ...] = ()
    opened: Moment
    supervisor: Id | None = None
    paused_since: Moment | None = None
    paused_by: Id | None = Field(default=None, description="Who paused it, where it was not the person.")
    resumed_by: Id | None = Field(default=None, description="Who ended the last pause, likewise.")
    learning: Learning = Learning()
    evidence: Evidence = Evidence()
    education: Education = Education()
    training_completed: Moment | None = None
    ready_since: Moment | None = None
    standing: Standing | None = None
    next_lapse: Moment | None = Field(default=None, description="When the next check stops counting.")
    certificate: Id | None = None
    certified: Moment | None = None
    review_awaited_since: Moment | None = None
    trainer_awaited_since: Moment | None = None
    mentors_awaited: tuple[Id, ...] = Field(default=(), description="Whose word on shadowing is waited for.")
    staff_awaited: tuple[Id, ...] = Field(default=(), description="And on supervised practice.")
    next_period: NextPeriod | None = None
    returns: tuple[Return, ...] = ()
    returned: Moment | None = Field(default=None, description="While nobody asked for another look.")
    overruled: Id | None = Field(
        default=None, description="Whose return an appeal undid: somebody else decides."
    )
    bookings: dict[Id, Moment] = Field(
        default_factory=dict, description="Cohort -> when a place in it was asked for; see `booked.py`."
    )
    erased: Moment | None = Field(default=None, description="Since when it rests for good; see `leaving.py`.")

    def rules(self, programmes: Programmes) -> Programme:
        """The version of the programme this enrolment keeps. Raises NotFound `programme_unknown`."""
        return programmes.version(self.programme, self.programme_version)

    def readiness(self, programme: Programme, *, now: datetime) -> Readiness:
        """Every requirement of the programme with what there is for it, or was when the certificate was granted."""
        evidence = self.evidence.until(self.certified) if self.certified else self.evidence
        return readiness_of(self.learning, evidence, programme, now=self.certified or now)

    def _about(self) -> dict[str, Any]:
        return {"site": self.site, "person": self.person, "enrolment": self.id, "programme": self.programme}

    def _other_than_the_person(self, by: str) -> str | None:
        return None if by == self.person else by

    def must_not_be_erased(self) -> None:
        """Raises Conflict `person_erased`."""
        if self.erased is not None:
            raise Conflict(
                "person_erased", "What was kept about this person was erased; the training rests for good."
            )

    def _must_not_pause(self) -> None:
        self.must_not_be_erased()
        if self.paused_since is not None:
            raise Conflict(
                "enrolment_paused",
                "This training pauses, and that is all right. Resume it first, whenever it suits you; "
                "everything is kept as it is.",
            )

    def _see_who_is_awaited(self) -> None:
        """Keep what lists are made of: what waits for an assessor, a trainer or somebody named, and since when."""
        if self.erased is not None:
            self.review_awaited_since = self.trainer_awaited_since = None
            self.mentors_awaited = self.staff_awaited = ()
            return
        learning = self.learning
        handed_in = (record.awaiting for record in learning.assessments)
        reviews = (attempt.handed_in for attempt in handed_in if attempt and attempt.handed_in)
        asked = [r.asked for r in learning.recognitions if r.state is RecognitionState.ASKED]
        courses = [e.submitted for e in self.education.entries if e.state is EducationState.SUBMITTED]
        self.review_awaited_since = min(reviews, default=None)
        self.trainer_awaited_since = min([*asked, *courses], default=None)
        self.mentors_awaited = learning.people_awaited(Delivery.SHADOWING)
        self.staff_awaited = learning.people_awaited(Delivery.SUPERVISED_PRACTICE)

    def _see_what_is_complete(self, programme: Programme, now: datetime) -> None:
        if self.training_completed is None and self.learning.is_complete(programme):
            self.training_completed = now
            required = programme.certification.hours_of_work
            self.record(
                TrainingCompleted(
                    **self._about(),
                    training_hours=self.learning.hours,
                    supervised_hours_required=required,
                    assessed_by=self.learning.assessed_by,
                )
            )
        readiness = self.readiness(programme, now=now)
        self.standing = readiness.standing
        if self.certificate is not None:
            self._see_whether_the_next_period_is_ready(programme, now)
        else:
            self._watch_checks(now)
            self._see_whether_it_is_ready(readiness, programme, now)

    def _see_whether_it_is_ready(self, readiness: Readiness, programme: Programme, now: datetime) -> None:
        if self.erased is not None or not readiness.may_be_decided:
            if self.ready_since is not None:
                self.ready_since = None
                self.cancel("decision_due")
        elif self.ready_since is None and self.returned is None:
            self.ready_since = now
            self.record(CertificationReady(**self._about()))
            self._expect_a_decision(programme, now)

    def _watch_checks(self, now: datetime) -> None:
        """Look again when the next check stops counting: nobody else tells that time has passed."""
        lapse = self.evidence.next_expiry(now)
        if lapse == self.next_lapse:
            return
        self.next_lapse = lapse
        if lapse is None:
            self.cancel(CHECK_ENDS)
        else:
            self.schedule(CHECK_ENDS, lapse, EnrolmentDeadline(**self._about(), due=lapse))

    def _see_whether_the_next_period_is_ready(self, programme: Programme, now: datetime) -> None:
        upcoming = self.next_period
        if (
            upcoming is None
            or upcoming.ready_since
            or self.returned
            or self.erased
            or not upcoming.opens <= now < upcoming.closes
        ):
            return
        if self.next_readiness(programme, now=now).complete:
            self.next_period = upcoming.model_copy(update={"ready_since": now})
            self.record(CertificationRenewalReady(**self._about()))
            self._expect_a_decision(programme, now)

    def next_readiness(self, programme: Programme, *, now: datetime) -> Readiness:
        """What the next period of the certificate needs, and what there is; of nothing where there is none yet."""
        upcoming = self.next_period
        if upcoming is None:
            return Readiness(requirements=())
        if upcoming.confirms:
            return readiness_of(self.learning, self.evidence, programme, now=now)
        return renewal_readiness(upcoming, self.courses, self.evidence, programme.certification, now=now)

    @property
    def courses(self) -> tuple[Course, ...]:
        """Approved continuing education."""
        approved = (one for one in self.education.entries if one.state is EducationState.APPROVED)
        return tuple(Course.of(one, self.education) for one in approved)

    def _expect_a_decision(self, programme: Programme, now: datetime) -> None:
        due = now + timedelta(days=programme.certification.clocks.decision_days.value)
        self.schedule("decision_due", due, DecisionDeadline(**self._about(), reached="decision_due", due=due))
