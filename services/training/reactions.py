"""What training does when something happened elsewhere, or a date in a certificate's life has come."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from services.training.domain.appeal import Appeal
from services.training.domain.certificate import Certificate, certificate_id
from services.training.domain.cohort import Cohort
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.erasing import nameless
from services.training.domain.opening import known, opened_by
from services.training.domain.programme import Programmes
from services.training.domain.supervisors import Supervisors
from shared.contracts.people import PersonContact
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewMissed,
    CandidateInterviewNear,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateTimesAsked,
    CandidateWithdrawn,
    InterviewReminder,
    PersonErased,
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
from shared.contracts.topics import CONTACTS
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
    EnrolmentOpened,
    EnrolmentPaused,
    EnrolmentResumed,
    HelpAnswered,
    HelpAsked,
    ModuleCompleted,
    RecognitionGranted,
    RecognitionReturned,
    ReviewWanted,
    SeatReturned,
    TrainingCompleted,
)
from shared.domain.aggregate import Aggregate
from shared.domain.erasure import ErasedPerson
from shared.messaging.reactions import (
    Context,
    Found,
    Reaction,
    Reactions,
    Ref,
    ignore,
    on,
    on_tombstone,
    react,
)

_BEFORE_THE_DECISION = (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateInterviewCancelled,
    CandidateInterviewMissed,
    CandidateInterviewerSteppedBack,
    CandidateInterviewNear,
    CandidateTimesAsked,
    CandidateWithdrawn,
    InterviewReminder,
)
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
    ReviewWanted,
    HelpAsked,
    HelpAnswered,
    RecognitionGranted,
    RecognitionReturned,
    EducationApproved,
    EducationReturned,
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
)


A = TypeVar("A", bound=Aggregate)


def reactions(programmes: Programmes) -> Reactions:
    """The table, under these programmes."""

    def screened(found: Enrolment | None, event: CandidateScreened, context: Context) -> Enrolment | None:
        if found is None:
            return opened_by(event, programmes=programmes, at=context.envelope.time)
        rules = found.rules(programmes)
        return _changed(found, lambda it: it.hear_again(event, programme=rules, now=context.now))

    def hours(found: Enrolment | None, event: HoursApproved, context: Context) -> Enrolment | None:
        rules, at = known(found).rules(programmes), context.envelope.time
        return _changed(
            known(found), lambda it: it.take_hours(event, at=at, programme=rules, now=context.now)
        )

    def review(found: Enrolment | None, event: PerformanceReviewed, context: Context) -> Enrolment | None:
        rules, at = known(found).rules(programmes), context.envelope.time
        return _changed(
            known(found), lambda it: it.take_review(event, at=at, programme=rules, now=context.now)
        )

    def attempt_ends(found: Enrolment | None, event: AttemptDeadline, context: Context) -> Enrolment | None:
        if found is None:
            return None
        rules = found.rules(programmes)
        return _changed(found, lambda it: it.meet_attempt_deadline(event, programme=rules, now=context.now))

    def to_decide(found: Enrolment | None, event: DecisionDeadline, context: Context) -> Enrolment | None:
        if found is None:
            return None
        rules = found.rules(programmes)
        return _changed(found, lambda it: it.meet_decision_deadline(event, programme=rules, now=context.now))

    return Reactions(
        on(CandidateScreened, Enrolment, id=_enrolment, do=screened),
        react(SupervisorAssigned, loads=_supervision, do=_supervised),
        react(PlacementClosed, loads=_supervision, do=_no_longer_supervised),
        on(HoursApproved, Enrolment, id=_enrolment, do=hours),
        on(PerformanceReviewed, Enrolment, id=_enrolment, do=review),
        on(AttemptDeadline, Enrolment, id=lambda event: event.enrolment, do=attempt_ends),
        on(CertificateDeadline, Certificate, id=lambda event: event.certificate, do=_deadline),
        on(DecisionDeadline, Enrolment, id=lambda event: event.enrolment, do=to_decide),
        on(AppealDeadline, Appeal, id=lambda event: event.appeal, do=_appeal_is_due),
        on(SeatReturned, Cohort, id=lambda event: event.cohort, do=_seat_returned),
        on(PersonContact, Contact, id=lambda event: event.person, do=_contact),
        on_tombstone(CONTACTS.name, loads=lambda person: ((Contact, person),), do=_forget_contact),
        _erasing(programmes),
        *(ignore(event, because="training begins with the acceptance") for event in _BEFORE_THE_DECISION),
        *(ignore(event, because="only signed hours and reviews are evidence") for event in _NO_EVIDENCE),
        ignore(CadenceDeadline, because="supervision's own timer"),
        *(ignore(event, because="our own announcement of what is saved here already") for event in _OWN),
    )


def _erasing(programmes: Programmes) -> Reaction:
    def certificates(person: str) -> list[Ref]:
        return [
            (Certificate, certificate_id(enrolment_id(person, code))) for code in sorted(programmes.codes)
        ]

    def erase(event: PersonErased, found: Found, context: Context) -> Iterator[Aggregate]:
        if found.get(ErasedPerson, event.person) is None:
            yield ErasedPerson.of(event, now=context.now)
        known = (found.get(Certificate, id) for _, id in certificates(event.person))
        yield from nameless(certificate for certificate in known if certificate is not None)

    return react(
        PersonErased,
        loads=lambda event: [(ErasedPerson, event.person), *certificates(event.person)],
        do=erase,
    )


def _changed(found: A, do: Callable[[A], object]) -> A | None:
    """The aggregate as `do` left it; None where that is as it was, so that nothing is saved."""
    before = dict(found)
    do(found)
    return found if found.raised or found.timers or dict(found) != before else None


def _enrolment(event: CandidateScreened | PlacementEvent) -> str:
    return enrolment_id(event.person, event.programme)


def _supervision(event: PlacementEvent) -> tuple[Ref, Ref]:
    return (Enrolment, _enrolment(event)), (Supervisors, event.person)


def _supervised(event: SupervisorAssigned, found: Found, _: Context) -> Iterator[Aggregate]:
    enrolment = known(found.get(Enrolment, _enrolment(event)))
    supervisors = found.get(Supervisors, event.person) or Supervisors(id=event.person, site=event.site)
    if changed := _changed(enrolment, lambda it: it.take_supervisor(event)):
        yield changed
    if told := _changed(supervisors, lambda it: it.assign(event)):
        yield told


def _no_longer_supervised(event: PlacementClosed, found: Found, _: Context) -> Iterator[Aggregate]:
    enrolment = known(found.get(Enrolment, _enrolment(event)))
    supervisors = found.get(Supervisors, event.person)
    if changed := _changed(enrolment, lambda it: it.end_supervision()):
        yield changed
    if supervisors and (told := _changed(supervisors, lambda it: it.close(event))):
        yield told


def _deadline(found: Certificate | None, event: CertificateDeadline, context: Context) -> Certificate | None:
    return _changed(found, lambda it: it.meet_deadline(event, now=context.now)) if found else None


def _appeal_is_due(found: Appeal | None, event: AppealDeadline, _: Context) -> Appeal | None:
    return _changed(found, lambda it: it.meet_deadline(event)) if found else None


def _forget_contact(person: str, found: Found, _: datetime) -> Iterator[Aggregate]:
    if contact := found.get(Contact, person):
        contact.forget()
        yield contact


def _contact(found: Contact | None, event: PersonContact, _: Context) -> Contact | None:
    return _changed(found, lambda it: it.hear(event)) if found else Contact.of(event)


def _seat_returned(found: Cohort | None, event: SeatReturned, context: Context) -> Cohort | None:
    return _changed(found, lambda it: it.take_back(event, now=context.now)) if found else None
