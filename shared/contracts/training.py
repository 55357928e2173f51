"""What training tells the world: learning, assessment, readiness and certificates."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.envelope import Code, EventData, Id, Moment, PersonEvent, Privacy, event
from shared.contracts.topics import TRAINING


class AssessmentKind(StrEnum):
    """How something learnt is shown."""

    WRITTEN = "written"
    PRACTICAL = "practical"


class EnrolmentEvent(PersonEvent):
    """Common to every event of an enrolment."""

    enrolment: Id
    programme: Code


class CertificateEvent(EnrolmentEvent):
    """Common to every event of a certificate."""

    certificate: Id


@event(
    "training.enrolment.opened",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's training began, under one version of a programme's rules.",
)
class EnrolmentOpened(EnrolmentEvent):
    """`programme_version` stays with the enrolment until it is moved on purpose."""

    programme_version: int = Field(ge=1)


@event(
    "training.module.completed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person completed one module of their programme.",
)
class ModuleCompleted(EnrolmentEvent):
    """`hours` are the training hours the module counts for; said again when more of them are signed."""

    module: Code
    hours: float = Field(ge=0)


class AssessmentEvent(EnrolmentEvent):
    """Common to both results of an assessment."""

    assessment: Code
    kind: AssessmentKind
    attempt: int = Field(ge=1)


@event(
    "training.assessment.passed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person passed a written or practical assessment.",
)
class AssessmentPassed(AssessmentEvent):
    """`assessed_by` is missing where the marking was automatic."""

    assessed_by: Id | None = None


@event(
    "training.assessment.failed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="An attempt at an assessment fell short or ran out of time; another attempt may be open.",
)
class AssessmentFailed(AssessmentEvent):
    """`attempts_left` is 0 when a trainer has to open another attempt."""

    attempts_left: int = Field(ge=0)


@event(
    "training.attempt.deadline",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Training's own reminder that the time of a written attempt is over; of no use to others.",
)
class AttemptDeadline(EnrolmentEvent):
    """A timer: `ends` is the end it was set for, so an attempt handed in or begun again ignores it."""

    assessment: Code
    attempt: int = Field(ge=1)
    ends: Moment


@event(
    "training.enrolment.paused",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's training pauses. It is no mark against them and no reason is told.",
)
class EnrolmentPaused(EnrolmentEvent):
    """Nothing more is told."""


@event(
    "training.enrolment.resumed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A paused training goes on where it stopped.",
)
class EnrolmentResumed(EnrolmentEvent):
    """Nothing more is told."""


@event(
    "training.training.completed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Every module that the certificate requires and every assessment is done; supervised practice may "
    "begin.",
)
class TrainingCompleted(EnrolmentEvent):
    """`supervised_hours_required` is what practice has to come to under this person's programme.

    `assessed_by` assessed the practical assessment, and so can't be the supervisor.
    """

    training_hours: float = Field(ge=0)
    supervised_hours_required: float = Field(ge=0)
    assessed_by: Id | None = Field(
        default=None,
        description="Who passed the practical assessment; somebody else supervises the practice.",
    )


@event(
    "training.certification.ready",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Every requirement has its evidence; a certifier can now decide.",
)
class CertificationReady(EnrolmentEvent):
    """Ready means the list is complete, not that anything was decided."""


@event(
    "training.certification.granted",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A named certifier granted a certificate for a period.",
)
class CertificationGranted(CertificateEvent):
    """The period is from `valid_from` (included) to `valid_until` (excluded)."""

    granted_by: Id
    valid_from: Moment
    valid_until: Moment
    provisional: bool = Field(
        default=False, description="Some requirements are still to be met before the period ends."
    )


@event(
    "training.certification.renewed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A named certifier decided on a certificate's next period.",
)
class CertificationRenewed(CertificateEvent):
    """The next period is from `valid_from` (included) to `valid_until` (excluded); what was before stays."""

    renewed_by: Id
    valid_from: Moment
    valid_until: Moment


@event(
    "training.certification.extended",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A named certifier made a certificate's present period longer.",
)
class CertificationExtended(CertificateEvent):
    """It was made longer from `valid_from`, its former end, to `valid_until` (excluded)."""

    extended_by: Id
    valid_from: Moment
    valid_until: Moment


@event(
    "training.certification.suspended",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="A certificate counts for nothing until it is reinstated.",
)
class CertificationSuspended(CertificateEvent):
    """The reason is told to the person and to those who decide, here and nowhere else."""

    suspended_by: Id


@event(
    "training.certification.reinstated",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A certificate that was suspended or revoked counts again.",
)
class CertificationReinstated(CertificateEvent):
    """Until `valid_until` (excluded), where that is still ahead."""

    reinstated_by: Id
    valid_until: Moment


@event(
    "training.certification.revoked",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="A certificate was taken back for good; the person can appeal.",
)
class CertificationRevoked(CertificateEvent):
    """It counts for nothing from `effective_from` on, which may lie before the decision."""

    revoked_by: Id
    effective_from: Moment


@event(
    "training.certification.expiring",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A certificate's present period ends soon.",
)
class CertificationExpiring(CertificateEvent):
    """Sent so many days before the end as the programme says; the nearest one alone where several are due."""

    valid_until: Moment
    days_left: int = Field(ge=0)


@event(
    "training.certification.expired",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A certificate's period ended without a renewal.",
)
class CertificationExpired(CertificateEvent):
    """`valid_until` is the end of the period that ran out."""

    valid_until: Moment


@event(
    "training.certificate.deadline",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Training's own reminder that a date in a certificate's life is reached; of no use to others.",
)
class CertificateDeadline(CertificateEvent):
    """A timer: `valid_until` names the period it was set for, so a renewed period ignores it."""

    valid_until: Moment
    days_left: int = Field(ge=0)


@event(
    "training.review.wanted",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A written attempt with open answers was handed in, or a practical one lacks a further assessor's sheet; "
    "an assessor is to look at it.",
)
class ReviewWanted(AssessmentEvent):
    """Nothing of what was answered is told."""


class HelpEvent(EnrolmentEvent):
    """Common to both events of a request for help. What it is about is read in the app, by those who answer it."""

    help: Id


@event(
    "training.help.asked",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="A person in training would like a trainer's help. It is no mark against them and no reason is told.",
)
class HelpAsked(HelpEvent):
    """Nothing more is told."""


@event(
    "training.help.answered",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="A trainer answered somebody who had asked for help.",
)
class HelpAnswered(HelpEvent):
    """`answered_by` is the trainer."""

    answered_by: Id


class RecognitionEvent(EnrolmentEvent):
    """Common to both answers to a request to have prior learning recognised; `part` is missing for a whole module."""

    recognition: Id
    module: Code
    part: Code | None = None
    decided_by: Id


@event(
    "training.recognition.granted",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A trainer recognised what somebody had learnt before as a module or a part of one.",
)
class RecognitionGranted(RecognitionEvent):
    """`hours` are the training hours it counts for."""

    hours: float = Field(ge=0)


@event(
    "training.recognition.returned",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A trainer returned a request to have prior learning recognised, and said what would help.",
)
class RecognitionReturned(RecognitionEvent):
    """The reason is read in the app."""


class EducationEvent(EnrolmentEvent):
    """Common to both decisions on a course of continuing education."""

    education: Id
    bucket: Code
    decided_by: Id


@event(
    "training.education.approved",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A trainer approved a course of continuing education.",
)
class EducationApproved(EducationEvent):
    """`hours` count towards a renewal in the bucket named."""

    hours: float = Field(gt=0)


@event(
    "training.education.returned",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A trainer returned a course of continuing education, to be corrected.",
)
class EducationReturned(EducationEvent):
    """The reason is read in the app."""


@event(
    "training.certification.renewal_ready",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Everything a certificate's next period needs is there; a certifier can now decide.",
)
class CertificationRenewalReady(EnrolmentEvent):
    """Ready means the list is complete, not that anything was decided."""


@event(
    "training.certification.returned",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A named certifier looked at everything, and did not grant a certificate or its next period yet.",
)
class CertificationReturned(EnrolmentEvent):
    """Why, and what would help, is told to the person in the app; they can ask for another look, or appeal."""

    returned_by: Id
    renewal: bool = Field(description="Was it about the next period of a certificate that is there?")


@event(
    "training.certification.decision_overdue",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A certifier's decision was due and has not been made; nothing is decided by that.",
)
class CertificationDecisionOverdue(EnrolmentEvent):
    """`due` was when the programme's time for deciding ended."""

    due: Moment


class AppealedDecision(StrEnum):
    """What an appeal is against."""

    RETURNED = "returned"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class AppealEvent(EnrolmentEvent):
    """Common to every event of an appeal."""

    appeal: Id
    against: AppealedDecision


@event(
    "training.certification.appealed",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="A person appeals against a decision about their certificate.",
)
class CertificationAppealed(AppealEvent):
    """Somebody other than `decision_by`, whose decision it is, decides until `decide_by`."""

    decision_by: Id
    decide_by: Moment


@event(
    "training.certification.appeal_due",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="An appeal still waits for its decision; with 0 days left its time is over, which decides nothing.",
)
class CertificationAppealDue(AppealEvent):
    """Nobody is told the words of an appeal by this."""

    decision_by: Id
    days_left: int = Field(ge=0)


@event(
    "training.certification.appeal_decided",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="An appeal was decided by somebody other than who made the decision it was against.",
)
class CertificationAppealDecided(AppealEvent):
    """`upheld`: the decision is undone."""

    decided_by: Id
    upheld: bool


@event(
    "training.certification.deadline",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Training's own reminder that a date for a certifier is reached; of no use to others.",
)
class DecisionDeadline(EnrolmentEvent):
    """A timer: the next period opens, or a decision is due."""

    reached: Code
    due: Moment


@event(
    "training.appeal.deadline",
    topic=TRAINING.name,
    privacy=Privacy.RESTRICTED,
    meaning="Training's own reminder that a date of an appeal is reached; of no use to others.",
)
class AppealDeadline(AppealEvent):
    """A timer, so many days before an appeal has to be decided."""

    days_left: int = Field(ge=0)


class CohortEvent(EventData):
    """Common to every event of a cohort as a whole: of no single person, and so ordered per cohort.

    What concerns a person is said once for each of them, in a `CohortPersonEvent`, which is ordered with the rest of
    that person's story. Whoever keeps a list of cohorts follows these, whoever follows a person needs only those.
    """

    cohort: Id
    programme: Code

    def partition_key(self) -> str:
        """The cohort's id."""
        return self.cohort


class CohortPersonEvent(PersonEvent):
    """Common to what one person hears of a cohort.

    One cohort says so to many people, on many partitions that are read in any order: each person's events in it are
    a subject of their own.
    """

    cohort: Id
    programme: Code

    def subject_of(self, aggregate: str) -> str:
        """The person in the cohort."""
        return f"{aggregate}/people/{self.person}"


class SeatEvent(CohortPersonEvent):
    """Common to what happens to a person's place in a cohort."""

    enrolment: Id


class CohortChange(StrEnum):
    """What is different about a cohort."""

    SESSION_MOVED = "session_moved"
    TRAINER_CHANGED = "trainer_changed"
    PLACE_CHANGED = "place_changed"
    CAPACITY = "capacity"
    CANCELLED = "cancelled"


class CancellationReason(StrEnum):
    """Why a cohort does not take place, or not to its end."""

    TRAINER_UNAVAILABLE = "trainer_unavailable"
    PLACE_UNAVAILABLE = "place_unavailable"
    TOO_FEW_PEOPLE = "too_few_people"
    WEATHER = "weather"
    OTHER = "other"


class SeatEnd(StrEnum):
    """How a place in a cohort came to be free. None of it is held against anybody.

    `ended`: the person's training goes on elsewhere, or not at all.
    """

    LEFT = "left"
    PAUSED = "paused"
    ENDED = "ended"


@event(
    "training.cohort.scheduled",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A cohort was scheduled: sessions that teach modules of one version of a programme at one site.",
)
class CohortScheduled(CohortEvent):
    """From the beginning of the first session, `starts`, to the end of the last, `ends`."""

    programme_version: int = Field(ge=1)
    modules: tuple[Code, ...]
    session_count: int = Field(ge=1)
    starts: Moment
    ends: Moment
    capacity: int = Field(ge=1)
    scheduled_by: Id


@event(
    "training.cohort.changed",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A session, the capacity or the whole of a cohort is different from what was announced.",
)
class CohortChanged(CohortEvent):
    """`calendar_sequence` rises with every change, as iCalendar's SEQUENCE; `session` is the one concerned, if any.

    `reason` is there where the cohort is cancelled.
    """

    changes: tuple[CohortChange, ...]
    calendar_sequence: int = Field(ge=1)
    session: Code | None = None
    starts: Moment
    ends: Moment
    capacity: int = Field(ge=1)
    reason: CancellationReason | None = None
    changed_by: Id


@event(
    "training.cohort.joined",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person took a place in a cohort.",
)
class CohortJoined(SeatEvent):
    """`starts` is when their next session begins."""

    starts: Moment


@event(
    "training.cohort.waiting",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A cohort is full, and a person is next in line behind those who asked before them.",
)
class CohortWaiting(SeatEvent):
    """What comes of it is told as a place given, or as having left."""


@event(
    "training.cohort.place_given",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A place became free, and the person who had waited longest has it now.",
)
class CohortPlaceGiven(SeatEvent):
    """`starts` is when their next session begins."""

    starts: Moment


@event(
    "training.cohort.left",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person has no place in a cohort, nor waits for one, any more. It is no mark against them.",
)
class CohortLeft(SeatEvent):
    """No reason is told beyond what freed the place."""

    because: SeatEnd


@event(
    "training.cohort.session_changed",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A session in which a person has a place is held at another time, elsewhere, or by another trainer.",
)
class CohortSessionChanged(SeatEvent):
    """One per participant. `starts` and `minutes` as they are now."""

    session: Code
    changes: tuple[CohortChange, ...]
    starts: Moment
    minutes: int = Field(ge=1)


@event(
    "training.cohort.called_off",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A cohort in which a person has a place, or waits for one, does not take place, or ends early.",
)
class CohortCalledOff(SeatEvent):
    """One per participant. `starts` is when the first of the sessions that fall away would have begun."""

    reason: CancellationReason
    starts: Moment


@event(
    "training.cohort.sessions_assigned",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A person is to hold sessions of a cohort, at times that replace any earlier ones.",
)
class CohortSessionsAssigned(CohortPersonEvent):
    """The `person` is the trainer, or the mentor who is shadowed; it is not said to whoever arranged it themself.

    `starts` is when the first of these sessions begins.
    """

    sessions: tuple[Code, ...]
    starts: Moment


@event(
    "training.cohort.sessions_released",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="Sessions that a person was to hold are held by somebody else, or not at all.",
)
class CohortSessionsReleased(CohortPersonEvent):
    """`starts` is when the first of them would have begun."""

    sessions: tuple[Code, ...]
    starts: Moment


@event(
    "training.enrolment.seat_returned",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A training that rests gives back the place it may still have in a cohort, which others can then take.",
)
class SeatReturned(EnrolmentEvent):
    """Where there was a place, the cohort says that it was left. One asked for anew since `booked` stays."""

    cohort: Id
    booked: Moment
    because: SeatEnd


@event(
    "training.enrolment.moved",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's training was put under another version of its programme's rules; what they did is kept.",
)
class EnrolmentMoved(EnrolmentEvent):
    """Moved on purpose, by somebody named, with a reason that stays in training."""

    from_version: int = Field(ge=1)
    to_version: int = Field(ge=1)
    moved_by: Id


@event(
    "training.enrolment.deadline",
    topic=TRAINING.name,
    privacy=Privacy.PERSONAL,
    meaning="Training's own reminder that a check of a person has run out; of no use to others.",
)
class EnrolmentDeadline(EnrolmentEvent):
    """A timer: `due` is the time it was set for, so a check that was renewed meanwhile ignores it."""

    due: Moment


class ProgrammeEvent(EventData):
    """Common to every event of a site's own programme; ordered per programme."""

    programme: Code
    programme_version: int = Field(ge=1)
    effective_from: Moment

    def partition_key(self) -> str:
        """The programme at its site."""
        return f"{self.site}:{self.programme}"


@event(
    "training.programme.published",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A site published a version of a programme of its own; from its date on, new enrolments begin with it.",
)
class ProgrammePublished(ProgrammeEvent):
    """A published version never changes. `shared_with` are the other sites that can enrol people into it."""

    published_by: Id
    shared_with: tuple[Id, ...] = ()


@event(
    "training.programme.withdrawn",
    topic=TRAINING.name,
    privacy=Privacy.OPERATIONAL,
    meaning="A version of a site's programme was withdrawn before its date; nobody ever trained under it.",
)
class ProgrammeWithdrawn(ProgrammeEvent):
    """Its number is not used again."""

    withdrawn_by: Id
