"""An interview as a calendar shows it, for whoever fetches it."""

from datetime import datetime

from services.recruitment.domain.candidate import Candidate
from shared.calendar import Appointment, published
from shared.contracts.recruitment import interview_uid

SUMMARY = "Interview"
"""Neutral: it shows on locked screens and in calendars that others see."""


def calendar_of(candidate: Candidate, *, time_zone: str | None, now: datetime) -> bytes:
    """The latest round; on the clock of its place where the reader has none of their own."""
    latest = candidate.latest_round
    assert latest is not None, "who asks is refused where there is no interview"
    appointment = Appointment(
        uid=interview_uid(candidate.id, len(candidate.interviews)),
        sequence=latest.sequence,
        starts=latest.starts,
        minutes=latest.minutes,
        summary=SUMMARY,
        location=latest.where.place,
        url=latest.where.link,
        time_zone=time_zone or latest.where.time_zone,
        cancelled=not latest.counts,
    )
    return published([appointment], now=now)
