"""What training tells the world: learning, assessment, readiness and certificates."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment, PersonEvent, Privacy, event
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
