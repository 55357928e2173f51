"""Appointments as calendars read them: iCalendar (RFC 5545), sent as RFC 5546 says.

An appointment keeps its `uid` for life. Whatever changes about it raises `sequence`, and a calendar that already
shows it then moves it, or strikes it out, instead of showing it twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

MEDIA_TYPE = "text/calendar"
"""What an answer or an attachment declares; with `; method=` and the method in lower case where it is an invite."""

_PRODUCT = "-//Peerpath//Peerpath//EN"


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """One date to keep.

    `starts` is aware, `time_zone` an IANA name, `url` absolute, `organizer` and `attendees` e-mail addresses. What is
    in `summary` shows on locked screens and in shared calendars: no detail about anybody's health.
    """

    uid: str
    sequence: int
    starts: datetime
    minutes: int
    summary: str
    time_zone: str
    location: str | None = None
    url: str | None = None
    cancelled: bool = False
    organizer: str | None = None
    attendees: tuple[str, ...] = ()


def invite(appointment: Appointment, *, now: datetime) -> bytes:
    """One appointment, for one e-mail: METHOD is REQUEST (also for a change), or CANCEL where it is cancelled.

    Raises:
        ZoneInfoNotFoundError: there is no such time zone.
        ValueError: an address has a line break in it.
    """
    return _calendar("CANCEL" if appointment.cancelled else "REQUEST", (appointment,), now=now)


def published(appointments: Sequence[Appointment], *, now: datetime) -> bytes:
    """Any number of appointments, for whoever fetches or subscribes to them: METHOD is PUBLISH.

    Those cancelled are in it too, as otherwise a calendar would go on showing them. Raises as `invite`.
    """
    return _calendar("PUBLISH", appointments, now=now)


def _calendar(method: str, appointments: Sequence[Appointment], *, now: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for zone in _zones(appointments):
        calendar.add_component(zone)
    for appointment in appointments:
        calendar.add_component(_event(appointment, now=now))
    written: bytes = calendar.to_ical()
    return written


def _event(appointment: Appointment, *, now: datetime) -> Event:
    starts, ends = _from_to(appointment)
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", _one_line(appointment.summary))
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    if appointment.location:
        event.add("location", _one_line(appointment.location))
    if appointment.url:
        event.add("url", appointment.url)
    if appointment.organizer:
        event.add("organizer", vCalAddress(f"mailto:{appointment.organizer}"))
    for attendee in appointment.attendees:
        event.add("attendee", vCalAddress(f"mailto:{attendee}"))
    return event


def _from_to(appointment: Appointment) -> tuple[datetime, datetime]:
    # RFC 5545 can't name the second of two hours with the same name, when clocks go back: that one is told in UTC.
    zone = ZoneInfo(appointment.time_zone)
    both = (appointment.starts, appointment.starts + timedelta(minutes=appointment.minutes))
    starts, ends = (moment.astimezone(UTC).astimezone(zone) for moment in both)
    return (starts.astimezone(UTC), ends.astimezone(UTC)) if starts.fold or ends.fold else (starts, ends)


def _zones(appointments: Iterable[Appointment]) -> list[Timezone]:
    years: dict[str, set[int]] = {}
    for appointment in appointments:
        years.setdefault(appointment.time_zone, set()).add(appointment.starts.year)
    # A year on either side: the rule in force on New Year's Eve began before it, and an appointment may go past it.
    return [
        Timezone.from_tzinfo(
            ZoneInfo(name), name, first_date=date(min(those) - 1, 1, 1), last_date=date(max(those) + 2, 1, 1)
        )
        for name, those in years.items()
        if name != "UTC"
    ]


def _one_line(text: str) -> str:
    # A control character is not allowed in a calendar, escaped or not.
    return "".join(" " if ord(sign) < ord(" ") or ord(sign) == 0x7F else sign for sign in text)
