"""What recruitment does when a time of its own has come, or what it announced has to be followed here."""

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.slot import Slot
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
from shared.messaging.reactions import Context, Found, Reactions, Ref, ignore, on, react

_OWN = (
    CandidateApplied,
    CandidateInterviewMissed,
    CandidateInterviewerSteppedBack,
    CandidateInterviewNear,
    CandidateTimesAsked,
    CandidateScreened,
    CandidateWithdrawn,
    PersonErased,
)
_Leaving = CandidateInterviewScheduled | CandidateInterviewCancelled


def _reminded(found: Candidate | None, timer: InterviewReminder, context: Context) -> Candidate | None:
    if found is None:
        return None
    found.remind_of_interview(timer, now=context.now)
    return found if found.raised else None


def _left(event: _Leaving) -> list[Ref]:
    return [(Slot, event.left_slot)] if event.left_slot else []


def _free_again(event: _Leaving, found: Found, _: Context) -> list[Slot]:
    slot = found.get(Slot, event.left_slot) if event.left_slot else None
    if slot is None:
        return []
    slot.leave(event.candidate)
    return [slot]


REACTIONS = Reactions(
    on(InterviewReminder, Candidate, id=lambda timer: timer.candidate, do=_reminded),
    react(CandidateInterviewScheduled, loads=_left, do=_free_again),
    react(CandidateInterviewCancelled, loads=_left, do=_free_again),
    *(ignore(event, because="our own announcement, with nothing to follow here") for event in _OWN),
)
