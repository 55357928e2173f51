"""What somebody in the pipeline waits for, in a sentence."""

from datetime import datetime

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.stage import Stage


def what_is_next(candidate: Candidate, offer: ProgrammeOffer, now: datetime) -> str | None:
    """What a coordinator can do next; None where nothing is open."""
    if not candidate.stage.open:
        return None
    if candidate.stage is Stage.DEFERRED and candidate.decisions:
        until = candidate.decisions[-1].deferred_until
        if until is not None and until > now:
            return f"Deferred until {until:%Y-%m-%d}; get in touch then."
    if missing := candidate.missing_for_acceptance(offer, now):
        return missing[0]
    if candidate.stage is Stage.WAITING:
        return "Everything is in; accept as soon as there is a place."
    return "Everything is in; a coordinator can decide."


def days_in_stage(candidate: Candidate, now: datetime) -> int:
    """Whole days."""
    return max((now - candidate.stage_since).days, 0)
