"""What training does when something happened elsewhere, or a date in a certificate's life has come."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from services.training.domain.appeal import Appeal
from services.training.domain.certificate import Certificate
from services.training.domain.cohort import Cohort
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.erasing import ToForget
from services.training.domain.opening import known, opened_by
from services.training.domain.programme import Programme, Programmes
from services.training.domain.site_programme import SiteProgramme
from services.training.domain.supervisors import Supervisors
from shared.contracts.people import PersonContact, PersonInvited
from shared.contracts.recruitment import (
    CandidateAppealDeadline,
    CandidateAppealDecided,
    CandidateAppealDue,
    CandidateAppealed,
    CandidateApplied,
    CandidateChecked,
    CandidateCheckExpiring,
    CandidateDeferralDeadline,
    CandidateDeferralEnded,
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewMissed,
    CandidateInterviewNear,
    CandidateInterviewScheduled,
    CandidateMoved,
    CandidateMovedAway,
    CandidateNextInLine,
    CandidateScreened,
    CandidateTakenOut,
    CandidateTimesAsked,
    CandidateWithdrawn,
    CheckDeadline,
    InterviewReminder,
    PersonErased,
    PlaceFreed,
    ReferenceDeadline,
    ReferenceMissed,
    ReferenceReceived,
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
from shared.domain.aggregate import Aggregate
from shared.domain.erasure import ErasedPerson
from shared.messaging.reactions import (
    Context,
    Found,
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
    CandidateTakenOut,
    CandidateTimesAsked,
    CandidateWithdrawn,
    InterviewReminder,
    CandidateDeferralEnded,
    CandidateAppealed,
    CandidateAppealDue,
    CandidateAppealDecided,
    CandidateMovedAway,
    CandidateMoved,
    CandidateNextInLine,
    PlaceFreed,
    CandidateDeferralDeadline,
    CandidateAppealDeadline,
)
_NO_EVIDENCE = (
    PlacementOpened,
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
    EnrolmentMoved,
    ProgrammePublished,
    ProgrammeWithdrawn,
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
Decide = Callable[[Any, Found, Context], Iterator[Enrolment]]


def reactions(programmes: Programmes) -> Reactions:
    """The table, under these programmes and those that sites have published.

    A site's programme is read with the batch, as an enrolment is: a version that was published before the event
    is never missing (docs/decisions/0023-programmes-of-sites.md).
    """

    def loads(
        event: CandidateScreened | CandidateChecked | EnrolmentEvent | PlacementEvent,
    ) -> tuple[Ref, ...]:
        enrolment = (Enrolment, enrolment_id(event.person, event.programme))
        return (
            (enrolment,)
            if programmes.ships(event.programme)
            else (enrolment, (SiteProgramme, event.programme))
        )

    def known_to(found: Found, code: str) -> Programmes:
        own = found.get(SiteProgramme, code)
        return programmes.also(own.offered) if own else programmes

    def screened(event: CandidateScreened, found: Found, context: Context) -> Iterator[Enrolment]:
        enrolment, at_hand = found.get(Enrolment, _enrolment(event)), known_to(found, event.programme)
        if enrolment is None:
            opened = opened_by(event, programmes=at_hand, at=context.envelope.time)
            yield from (opened,) if opened else ()
        else:
            rules = enrolment.rules(at_hand)
            yield from _if_changed(
                enrolment, lambda it: it.hear_again(event, programme=rules, now=context.now)
            )

    def heard(
        do: Callable[[Enrolment, Any, Programme, Context], object], *, must_be_known: bool = True
    ) -> Decide:
        def decide(event: Any, found: Found, context: Context) -> Iterator[Enrolment]:
            enrolment = found.get(Enrolment, _enrolment(event))
            if enrolment or must_be_known:
                enrolment = known(enrolment)
                rules = enrolment.rules(known_to(found, event.programme))
                yield from _if_changed(enrolment, lambda it: do(it, event, rules, context))

        return decide

    return Reactions(
        react(CandidateScreened, loads=loads, do=screened),
        react(CandidateChecked, loads=loads, do=heard(_checked, must_be_known=False)),
        react(SupervisorAssigned, loads=_supervision, do=_supervised),
        react(PlacementClosed, loads=_supervision, do=_no_longer_supervised),
        react(HoursApproved, loads=loads, do=heard(_hours)),
        react(PerformanceReviewed, loads=loads, do=heard(_review)),
        react(SupervisionLogged, loads=loads, do=heard(_session)),
        react(AttemptDeadline, loads=loads, do=heard(_attempt_ends, must_be_known=False)),
        react(EnrolmentDeadline, loads=loads, do=heard(_check_ends, must_be_known=False)),
        on(CertificateDeadline, Certificate, id=lambda event: event.certificate, do=_deadline),
        react(DecisionDeadline, loads=loads, do=heard(_to_decide, must_be_known=False)),
        on(AppealDeadline, Appeal, id=lambda event: event.appeal, do=_appeal_is_due),
        on(SeatReturned, Cohort, id=lambda event: event.cohort, do=_seat_returned),
        on(PersonContact, Contact, id=lambda event: event.person, do=_contact),
        on_tombstone(CONTACTS.name, loads=lambda person: ((Contact, person),), do=_forget_contact),
        react(PersonErased, loads=_records_of, do=_erase),
        *(ignore(event, because="training begins with the acceptance") for event in _BEFORE_THE_DECISION),
        *(
            ignore(event, because="only signed hours, sessions held and reviews are evidence")
            for event in _NO_EVIDENCE
        ),
        ignore(CandidateCheckExpiring, because="the site renews it; here it counts until its end"),
        *(ignore(event, because="recruitment's own timer") for event in (CheckDeadline, ReferenceDeadline)),
        *(
            ignore(event, because="a check says what came of it")
            for event in (ReferenceReceived, ReferenceMissed)
        ),
        ignore(PersonInvited, because="nobody we certify: only notifications writes to them"),
        ignore(CadenceDeadline, because="supervision's own timer"),
        *(ignore(event, because="our own announcement of what is saved here already") for event in _OWN),
    )


def _records_of(event: PersonErased) -> tuple[Ref, Ref]:
    return (ErasedPerson, event.person), (ToForget, event.person)


def _erase(event: PersonErased, found: Found, context: Context) -> Iterator[Aggregate]:
    if found.get(ErasedPerson, event.person) is None:
        yield ErasedPerson.of(event, now=context.now)
    if found.get(ToForget, event.person) is None:
        yield ToForget.of(event)  # What this event doesn't name is found by `erasing.py`.


def _checked(enrolment: Enrolment, event: CandidateChecked, rules: Programme, context: Context) -> None:
    # Of somebody not enrolled nothing is kept: whoever is accepted brings their checks along.
    enrolment.take_check(event, at=context.envelope.time, programme=rules, now=context.now)


def _hours(enrolment: Enrolment, event: HoursApproved, rules: Programme, context: Context) -> None:
    enrolment.take_hours(event, at=context.envelope.time, programme=rules, now=context.now)


def _review(enrolment: Enrolment, event: PerformanceReviewed, rules: Programme, context: Context) -> None:
    enrolment.take_review(event, at=context.envelope.time, programme=rules, now=context.now)


def _session(enrolment: Enrolment, event: SupervisionLogged, rules: Programme, context: Context) -> None:
    enrolment.take_session(event, programme=rules, now=context.now)


def _attempt_ends(enrolment: Enrolment, event: AttemptDeadline, rules: Programme, context: Context) -> None:
    enrolment.meet_attempt_deadline(event, programme=rules, now=context.now)


def _check_ends(enrolment: Enrolment, event: EnrolmentDeadline, rules: Programme, context: Context) -> None:
    enrolment.meet_deadline(event, programme=rules, now=context.now)


def _to_decide(enrolment: Enrolment, event: DecisionDeadline, rules: Programme, context: Context) -> None:
    enrolment.meet_decision_deadline(event, programme=rules, now=context.now)


def _if_changed(found: A, do: Callable[[A], object]) -> tuple[A, ...]:
    changed = _changed(found, do)
    return (changed,) if changed else ()


def _changed(found: A, do: Callable[[A], object]) -> A | None:
    """The aggregate as `do` left it; None where that is as it was, so that nothing is saved."""
    before = dict(found)
    do(found)
    return found if found.raised or found.timers or dict(found) != before else None


def _enrolment(event: CandidateScreened | CandidateChecked | EnrolmentEvent | PlacementEvent) -> str:
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


def _appeal_is_due(found: Appeal | None, event: AppealDeadline, context: Context) -> Appeal | None:
    return _changed(found, lambda it: it.meet_deadline(event, now=context.now)) if found else None


def _forget_contact(person: str, found: Found, _: datetime) -> Iterator[Aggregate]:
    if contact := found.get(Contact, person):
        contact.forget()
        yield contact


def _contact(found: Contact | None, event: PersonContact, _: Context) -> Contact | None:
    return _changed(found, lambda it: it.hear(event)) if found else Contact.of(event)


def _seat_returned(found: Cohort | None, event: SeatReturned, context: Context) -> Cohort | None:
    return _changed(found, lambda it: it.take_back(event, now=context.now)) if found else None
