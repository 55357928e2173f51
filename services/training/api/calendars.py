"""A cohort's sessions for a calendar: when and where, and nothing that others should not read over a shoulder."""

from datetime import datetime

from fastapi import Response

from services.training.domain.cohort import Cohort
from services.training.domain.session import Session
from shared.calendar import MEDIA_TYPE, Appointment, published

_SUMMARIES = {"en": "Training session", "es": "Sesión de formación"}
"""Neutral: what a module is called can tell what somebody lives with."""


class CalendarResponse(Response):
    """A calendar (RFC 5545)."""

    media_type = MEDIA_TYPE


def calendar_of(cohort: Cohort, *, now: datetime) -> CalendarResponse:
    """Every session, those that were cancelled as well, so that a calendar strikes them out."""
    appointments = [_appointment(cohort, session) for session in cohort.sessions]
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="training.ics"',
    }
    return CalendarResponse(published(appointments, now=now), headers=headers)


def _appointment(cohort: Cohort, session: Session) -> Appointment:
    return Appointment(
        uid=f"{cohort.id}.{session.code}@peerpath",
        sequence=cohort.calendar_sequence,
        starts=session.starts,
        minutes=session.minutes,
        summary=_SUMMARIES.get(cohort.language, _SUMMARIES["en"]),
        time_zone=cohort.time_zone,
        location=session.place,
        url=session.link,
        cancelled=cohort.cancelled is not None and session.starts > cohort.cancelled.at,
    )
