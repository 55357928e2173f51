"""What recruitment does when training ends for somebody, or a date of its own has come."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.intake import Intake, intake_id
from services.recruitment.domain.reference import Reference, reference_id
from services.recruitment.domain.site import Site
from services.recruitment.domain.slot import Slot
from services.recruitment.references import NUMBERS
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
    CandidateEvent,
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
    ScreeningOutcome,
)
from shared.contracts.training import TrainingCompleted
from shared.domain.aggregate import Aggregate
from shared.messaging.reactions import Context, Found, Reactions, Ref, ignore, ignore_rest, on, react

_OVER = frozenset({ScreeningOutcome.ACCEPTED, ScreeningOutcome.DECLINED})
_OWN = (
    ReferenceReceived,
    ReferenceMissed,
    CandidateApplied,
    CandidateChecked,
    CandidateCheckExpiring,
    CandidateInterviewMissed,
    CandidateInterviewerSteppedBack,
    CandidateInterviewNear,
    CandidateTakenOut,
    CandidateTimesAsked,
    PersonErased,
    CandidateDeferralEnded,
    CandidateAppealed,
    CandidateAppealDue,
    CandidateAppealDecided,
    CandidateMovedAway,
    CandidateNextInLine,
)
_Decided = CandidateWithdrawn | CandidateScreened
_Leaving = CandidateInterviewScheduled | CandidateInterviewCancelled
A = TypeVar("A", bound=Aggregate)


def _changed(found: A | None, do: Callable[[A], object]) -> A | None:
    """The aggregate as `do` left it; None where that announces nothing, so that nothing is saved."""
    if found is None:
        return None
    do(found)
    return found if found.raised else None


def _candidate(event: CandidateEvent) -> str:
    return event.candidate


def _reminded(found: Candidate | None, timer: InterviewReminder, context: Context) -> Candidate | None:
    return _changed(found, lambda it: it.remind_of_interview(timer, now=context.now))


def _left(event: _Leaving) -> list[Ref]:
    return [(Slot, event.left_slot)] if event.left_slot else []


def _free_again(event: _Leaving, found: Found, _: Context) -> list[Slot]:
    slot = found.get(Slot, event.left_slot) if event.left_slot else None
    if slot is None:
        return []
    slot.leave(event.candidate)
    return [slot]


def _deferral_ends(
    found: Candidate | None, event: CandidateDeferralDeadline, context: Context
) -> Candidate | None:
    return _changed(found, lambda it: it.meet_deferral_deadline(event, now=context.now))


def _appeal_is_due(
    found: Candidate | None, event: CandidateAppealDeadline, context: Context
) -> Candidate | None:
    return _changed(found, lambda it: it.meet_appeal_deadline(event, now=context.now))


def _there_is_room(found: Candidate | None, event: PlaceFreed, _: Context) -> Candidate | None:
    return _changed(found, lambda it: it.may_have_place(event))


def _intake_and_site(event: TrainingCompleted) -> tuple[Ref, Ref]:
    return (Intake, intake_id(event.site, event.programme)), (Site, event.site)


def _place_is_free(event: TrainingCompleted, found: Found, _: Context) -> Iterator[Aggregate]:
    intake, site = found.get(Intake, intake_id(event.site, event.programme)), found.get(Site, event.site)
    if intake and site and intake.give_back(event.person, site.offer(event.programme)):
        yield intake


def _check_ends_soon(found: Candidate | None, timer: CheckDeadline, _: Context) -> Candidate | None:
    return _changed(found, lambda it: it.warn_of_check(timer))


def _reference_ends(found: Reference | None, timer: ReferenceDeadline, _: Context) -> Reference | None:
    return _changed(found, lambda it: it.expire(timer))


def _referees(event: CandidateEvent) -> list[Ref]:
    return [(Reference, reference_id(event.candidate, number)) for number in NUMBERS]


def _nobody_is_asked(event: _Decided, found: Found, _: Context) -> Iterator[Reference]:
    """Once an application is over, nobody is to go to the trouble of speaking for it."""
    if isinstance(event, CandidateScreened) and event.outcome not in _OVER:
        return
    for _kind, id in _referees(event):
        if reference := _changed(found.get(Reference, id), lambda it: it.withdraw()):
            yield reference


def _asked_elsewhere(event: CandidateMoved, found: Found, _: Context) -> Iterator[Reference]:
    """Links go on working; what comes of them is told to the site where the application is now."""
    for _kind, id in _referees(event):
        reference = found.get(Reference, id)
        if reference is not None and reference.goes_on_at(event.site):
            yield reference


REACTIONS = Reactions(
    on(ReferenceDeadline, Reference, id=lambda timer: timer.reference, do=_reference_ends),
    react(CandidateWithdrawn, loads=_referees, do=_nobody_is_asked),
    react(CandidateScreened, loads=_referees, do=_nobody_is_asked),
    react(CandidateMoved, loads=_referees, do=_asked_elsewhere),
    on(CheckDeadline, Candidate, id=_candidate, do=_check_ends_soon),
    on(InterviewReminder, Candidate, id=_candidate, do=_reminded),
    react(CandidateInterviewScheduled, loads=_left, do=_free_again),
    react(CandidateInterviewCancelled, loads=_left, do=_free_again),
    on(CandidateDeferralDeadline, Candidate, id=_candidate, do=_deferral_ends),
    on(CandidateAppealDeadline, Candidate, id=_candidate, do=_appeal_is_due),
    on(PlaceFreed, Candidate, id=lambda event: event.first, do=_there_is_room),
    react(TrainingCompleted, loads=_intake_and_site, do=_place_is_free),
    *(ignore(event, because="our own announcement, with nothing to follow here") for event in _OWN),
    *ignore_rest(TrainingCompleted, because="of training, its end alone frees a place"),
)
