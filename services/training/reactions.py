"""What training does when something happened elsewhere, or a date in a certificate's life has come."""

from collections.abc import Iterator

from services.training.domain.certificate import Certificate
from services.training.domain.contact import Contact, contact_of
from services.training.domain.enrolment import Enrolment, enrolment_id, known, open_on_acceptance
from services.training.domain.programme import Programmes
from services.training.domain.supervisors import Supervisors, supervisors_of
from shared.contracts.people import PersonContact
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
)
from shared.contracts.supervision import (
    CadenceDeadline,
    HoursApproved,
    HoursReported,
    HoursReturned,
    PerformanceReviewed,
    PlacementClosed,
    PlacementEvent,
    PlacementOpened,
    SupervisionLogged,
    SupervisionOverdue,
    SupervisorAssigned,
)
from shared.contracts.training import (
    AssessmentFailed,
    AssessmentPassed,
    AttemptDeadline,
    CertificateDeadline,
    CertificationExpired,
    CertificationExpiring,
    CertificationGranted,
    CertificationReady,
    EnrolmentOpened,
    EnrolmentPaused,
    EnrolmentResumed,
    ModuleCompleted,
    TrainingCompleted,
)
from shared.domain.aggregate import Aggregate
from shared.messaging.reactions import Context, Found, Reactions, Ref, ignore, on, react

_BEFORE_THE_DECISION = (CandidateApplied, CandidateInterviewScheduled, CandidateWithdrawn)
_NO_EVIDENCE = (
    PlacementOpened,
    SupervisionLogged,
    SupervisionOverdue,
    HoursReported,
    HoursReturned,
)
_OWN = (
    EnrolmentOpened,
    ModuleCompleted,
    AssessmentPassed,
    AssessmentFailed,
    EnrolmentPaused,
    EnrolmentResumed,
    TrainingCompleted,
    CertificationReady,
    CertificationGranted,
    CertificationExpiring,
    CertificationExpired,
)


def reactions(programmes: Programmes) -> Reactions:
    """The table, under these programmes."""

    def screened(found: Enrolment | None, event: CandidateScreened, context: Context) -> Enrolment | None:
        return open_on_acceptance(found, event, programmes=programmes, now=context.now)

    def hours(found: Enrolment | None, event: HoursApproved, context: Context) -> Enrolment:
        enrolment = known(found)
        enrolment.take_hours(
            event, at=context.envelope.time, programme=enrolment.rules(programmes), now=context.now
        )
        return enrolment

    def review(found: Enrolment | None, event: PerformanceReviewed, context: Context) -> Enrolment:
        enrolment = known(found)
        enrolment.take_review(
            event, at=context.envelope.time, programme=enrolment.rules(programmes), now=context.now
        )
        return enrolment

    def attempt_ends(found: Enrolment | None, event: AttemptDeadline, context: Context) -> Enrolment | None:
        if found is not None:
            found.meet_attempt_deadline(event, programme=found.rules(programmes), now=context.now)
        return found

    return Reactions(
        on(CandidateScreened, Enrolment, id=_enrolment, do=screened),
        react(SupervisorAssigned, loads=_supervision, do=_supervised),
        react(PlacementClosed, loads=_supervision, do=_no_longer_supervised),
        on(HoursApproved, Enrolment, id=_enrolment, do=hours),
        on(PerformanceReviewed, Enrolment, id=_enrolment, do=review),
        on(AttemptDeadline, Enrolment, id=lambda event: event.enrolment, do=attempt_ends),
        on(CertificateDeadline, Certificate, id=lambda event: event.certificate, do=_deadline),
        on(PersonContact, Contact, id=lambda event: event.person, do=_contact),
        *(ignore(event, because="training begins with the acceptance") for event in _BEFORE_THE_DECISION),
        *(ignore(event, because="only signed hours and reviews are evidence") for event in _NO_EVIDENCE),
        ignore(CadenceDeadline, because="supervision's own timer"),
        *(ignore(event, because="our own announcement; only our timers concern us") for event in _OWN),
    )


def _enrolment(event: CandidateScreened | PlacementEvent) -> str:
    return enrolment_id(event.person, event.programme)


def _supervision(event: PlacementEvent) -> tuple[Ref, Ref]:
    return (Enrolment, _enrolment(event)), (Supervisors, event.person)


def _supervised(event: SupervisorAssigned, found: Found, _: Context) -> tuple[Aggregate, Aggregate]:
    enrolment = known(found.get(Enrolment, _enrolment(event)))
    enrolment.take_supervisor(event)
    return enrolment, supervisors_of(found.get(Supervisors, event.person), event)


def _no_longer_supervised(event: PlacementClosed, found: Found, _: Context) -> Iterator[Aggregate]:
    enrolment = known(found.get(Enrolment, _enrolment(event)))
    enrolment.end_supervision()
    yield enrolment
    if supervisors := found.get(Supervisors, event.person):
        supervisors.close(event)
        yield supervisors


def _deadline(found: Certificate | None, event: CertificateDeadline, context: Context) -> Certificate | None:
    if found is not None:
        found.meet_deadline(event, now=context.now)
    return found


def _contact(found: Contact | None, event: PersonContact, _: Context) -> Contact:
    return contact_of(found, event)
