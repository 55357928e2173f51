"""What supervision does when something happened elsewhere, or a deadline of its own has come."""

from services.supervision.domain.placement import Placement, placement_id
from services.supervision.domain.practice import Phase, Practice
from shared.contracts.recruitment import (
    PersonErased,
)
from shared.contracts.supervision import (
    CadenceDeadline,
    HoursApproved,
    HoursReported,
    HoursReturned,
    PerformanceReviewed,
    PlacementClosed,
    PlacementOpened,
    SupervisionLogged,
    SupervisionOverdue,
    SupervisorAssigned,
)
from shared.contracts.training import (
    AppealDeadline,
    AssessmentFailed,
    AssessmentPassed,
    AttemptDeadline,
    CertificateDeadline,
    CertificationAppealDecided,
    CertificationAppealDue,
    CertificationAppealed,
    CertificationDecisionOverdue,
    CertificationExpired,
    CertificationExpiring,
    CertificationExtended,
    CertificationGranted,
    CertificationReady,
    CertificationReinstated,
    CertificationRenewalReady,
    CertificationRenewed,
    CertificationReturned,
    CertificationRevoked,
    CertificationSuspended,
    CohortCalledOff,
    CohortChanged,
    CohortJoined,
    CohortLeft,
    CohortPlaceGiven,
    CohortScheduled,
    CohortSessionChanged,
    CohortSessionsAssigned,
    CohortSessionsReleased,
    CohortWaiting,
    DecisionDeadline,
    EducationApproved,
    EducationReturned,
    EnrolmentDeadline,
    EnrolmentEvent,
    EnrolmentMoved,
    EnrolmentOpened,
    EnrolmentPaused,
    EnrolmentResumed,
    HelpAnswered,
    HelpAsked,
    ModuleCompleted,
    ProgrammePublished,
    ProgrammeWithdrawn,
    RecognitionGranted,
    RecognitionReturned,
    ReviewWanted,
    SeatReturned,
    TrainingCompleted,
)
from shared.domain.erasure import ErasedPerson
from shared.messaging.reactions import Context, Reactions, ignore, ignore_rest, on

_LEARNING = (
    EnrolmentOpened,
    ModuleCompleted,
    AssessmentPassed,
    AssessmentFailed,
    ReviewWanted,
    RecognitionGranted,
    RecognitionReturned,
)
_SUPPORT = (HelpAsked, HelpAnswered)
_EDUCATION = (EducationApproved, EducationReturned)
_CREDENTIAL = (
    CertificationReady,
    CertificationExpiring,
    CertificationExpired,
    CertificationRenewalReady,
    CertificationReturned,
    CertificationDecisionOverdue,
    CertificationRenewed,
    CertificationExtended,
    CertificationSuspended,
    CertificationReinstated,
    CertificationRevoked,
    CertificationAppealed,
    CertificationAppealDue,
    CertificationAppealDecided,
)
_TRAININGS_TIMERS = (
    AttemptDeadline,
    CertificateDeadline,
    DecisionDeadline,
    AppealDeadline,
    EnrolmentDeadline,
)
_RULES = (EnrolmentMoved, ProgrammePublished, ProgrammeWithdrawn)
_COHORTS = (
    CohortScheduled,
    CohortChanged,
    CohortJoined,
    CohortWaiting,
    CohortPlaceGiven,
    CohortLeft,
    CohortSessionChanged,
    CohortCalledOff,
    CohortSessionsAssigned,
    CohortSessionsReleased,
    SeatReturned,
)
_OWN = (
    PlacementOpened,
    SupervisorAssigned,
    SupervisionLogged,
    SupervisionOverdue,
    HoursReported,
    HoursApproved,
    HoursReturned,
    PerformanceReviewed,
    PlacementClosed,
)


def reactions(practice: Practice) -> Reactions:
    """The table, under one set of practice rules."""

    def opens(found: Placement | None, event: TrainingCompleted, context: Context) -> Placement | None:
        if found is not None:
            return None
        return Placement.open(event, practice=practice, now=context.envelope.time)

    def is_certified(found: Placement | None, _: CertificationGranted, __: Context) -> Placement | None:
        if found is None or found.phase is Phase.CERTIFIED:
            return None
        found.continue_certified(practice=practice)
        return found

    return Reactions(
        on(TrainingCompleted, Placement, id=_placement, do=opens),
        on(CertificationGranted, Placement, id=_placement, do=is_certified),
        on(EnrolmentPaused, Placement, id=_placement, do=_pauses),
        on(EnrolmentResumed, Placement, id=_placement, do=_resumes),
        on(PersonErased, ErasedPerson, id=lambda event: event.person, do=_erased),
        *ignore_rest(PersonErased, because="whom training takes on is training's to say"),
        on(CadenceDeadline, Placement, id=lambda event: event.placement, do=_deadline_comes),
        *(ignore(event, because="supervised work begins once training is completed") for event in _LEARNING),
        *(ignore(event, because="between the person and the trainers who help") for event in _SUPPORT),
        *(ignore(event, because="a renewal counts courses, supervision doesn't") for event in _EDUCATION),
        *(ignore(event, because="the placement stays as it is until it is decided") for event in _CREDENTIAL),
        *(
            ignore(event, because="training counts the hours by its rules, we only sign them")
            for event in _RULES
        ),
        *(ignore(event, because="training's own timer") for event in _TRAININGS_TIMERS),
        *(ignore(event, because="how a module is taught is training's affair") for event in _COHORTS),
        *(
            ignore(event, because="our own announcement; of our topic only timers concern us")
            for event in _OWN
        ),
    )


def _placement(event: EnrolmentEvent) -> str:
    return placement_id(event.enrolment)


def _erased(found: ErasedPerson | None, event: PersonErased, context: Context) -> ErasedPerson | None:
    return None if found else ErasedPerson.of(event, now=context.now)


def _pauses(found: Placement | None, _: EnrolmentPaused, __: Context) -> Placement | None:
    if found is not None:
        found.pause()
    return found


def _resumes(found: Placement | None, _: EnrolmentResumed, context: Context) -> Placement | None:
    if found is not None:
        found.resume(now=context.envelope.time)
    return found


def _deadline_comes(found: Placement | None, event: CadenceDeadline, context: Context) -> Placement | None:
    if found is None:
        return None
    found.notice_missed_session(event.due, now=context.now)
    return found if found.raised else None
