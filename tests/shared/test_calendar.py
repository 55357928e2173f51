"""Appointments as calendars read them, read back with a calendar's own parser."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from shared.calendar import Appointment, invite, published

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
BERLIN = Appointment(
    uid="session-1@peerpath",
    sequence=3,
    starts=datetime(2026, 5, 12, 16, tzinfo=UTC),
    minutes=90,
    summary="Training session",
    time_zone="Europe/Berlin",
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


def read(ics: bytes) -> tuple[Calendar, list[Any]]:
    calendar = Calendar.from_ical(ics)
    return calendar, list(calendar.events)


def one(appointment: Appointment) -> tuple[Calendar, Any]:
    calendar, (event,) = read(invite(appointment, now=NOW))
    return calendar, event


def test_an_invite() -> None:
    """An invite says when and what in the zone of the place, and carries that zone's rules."""
    calendar, event = one(replace(BERLIN, location="Room 2, Main St 5"))

    assert (calendar["method"], calendar["version"]) == ("REQUEST", "2.0")
    assert (event["uid"], event["sequence"], event["status"]) == ("session-1@peerpath", 3, "CONFIRMED")
    assert event["dtstamp"].dt == NOW
    assert event["dtstart"].params["TZID"] == "Europe/Berlin"
    assert event["dtstart"].to_ical() == b"20260512T180000"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=90)
    assert (event["summary"], event["location"]) == ("Training session", "Room 2, Main St 5")
    assert [zone["tzid"] for zone in calendar.timezones] == ["Europe/Berlin"]
    assert not calendar.get_missing_tzids()


def test_the_same_appointment_is_the_same_bytes() -> None:
    """Nothing in an invite comes from a clock or from chance."""
    assert invite(BERLIN, now=NOW) == invite(BERLIN, now=NOW)
    assert invite(BERLIN, now=NOW).endswith(b"END:VCALENDAR\r\n")


def test_a_cancelled_appointment_is_taken_back() -> None:
    """A cancellation names the appointment it strikes out."""
    calendar, event = one(replace(BERLIN, sequence=4, cancelled=True))

    assert (calendar["method"], event["status"]) == ("CANCEL", "CANCELLED")
    assert (event["uid"], event["sequence"]) == ("session-1@peerpath", 4)


def test_what_is_left_out() -> None:
    """Address, link and people are there only where they are given."""
    _, bare = one(BERLIN)
    _, full = one(
        replace(
            BERLIN,
            url="https://meet.example.org/r?a=1,2;b",
            organizer="training@riverside.example.org",
            attendees=("ana@example.org", "ben@example.org"),
        )
    )

    assert not bare.keys() & {"LOCATION", "URL", "ORGANIZER", "ATTENDEE"}
    assert full["url"] == "https://meet.example.org/r?a=1,2;b"
    assert full["organizer"] == "mailto:training@riverside.example.org"
    assert full["attendee"] == ["mailto:ana@example.org", "mailto:ben@example.org"]


def test_a_calendar_to_subscribe_to() -> None:
    """A published calendar has every appointment, those cancelled among them, and each zone once."""
    other = replace(BERLIN, uid="session-2@peerpath", cancelled=True)
    elsewhere = replace(BERLIN, uid="session-3@peerpath", time_zone="Asia/Kolkata")
    calendar, events = read(published([BERLIN, other, elsewhere], now=NOW))

    assert calendar["method"] == "PUBLISH"
    assert [event["status"] for event in events] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert sorted(zone.tz_name for zone in calendar.timezones) == ["Asia/Kolkata", "Europe/Berlin"]


def test_the_hour_that_comes_twice() -> None:
    """When clocks go back, the second of the two hours is told in UTC, which has no two."""
    first = replace(BERLIN, starts=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), minutes=15)
    second = replace(first, starts=first.starts + timedelta(hours=1))

    assert one(first)[1]["dtstart"].dt.astimezone(UTC) == first.starts
    assert one(second)[1]["dtstart"].dt.astimezone(UTC) == second.starts
    assert b"DTSTART:20261025T013000Z" in invite(second, now=NOW)


def test_an_unknown_zone() -> None:
    """A time zone nobody knows is refused, not guessed."""
    with pytest.raises(ZoneInfoNotFoundError):
        invite(replace(BERLIN, time_zone="Mars/Olympus"), now=NOW)


def test_an_address_with_a_line_break() -> None:
    """No line of a calendar can be smuggled in with an address."""
    for smuggled in (
        replace(BERLIN, url="https://a.example\r\nATTENDEE:mailto:b@example.org"),
        replace(BERLIN, organizer="a@example.org\nX-A:1"),
    ):
        with pytest.raises(ValueError, match="CR or LF"):
            invite(smuggled, now=NOW)


@settings(max_examples=60, deadline=None)
@given(
    after=st.timedeltas(timedelta(0), timedelta(days=2_000)),
    minutes=st.integers(1, 600),
    zone=st.sampled_from(ZONES),
    summary=st.text(min_size=1, max_size=200),
)
def test_any_appointment_is_read_back(after: timedelta, minutes: int, zone: str, summary: str) -> None:
    """Whatever the time, the zone and the words, a calendar reads what was meant."""
    starts = (NOW + after).replace(microsecond=0)
    appointment = replace(BERLIN, starts=starts, minutes=minutes, time_zone=zone, summary=summary)
    calendar, event = one(appointment)

    assert event["dtstart"].dt.astimezone(UTC) == starts
    assert event["dtend"].dt.astimezone(UTC) == starts + timedelta(minutes=minutes)
    assert len(calendar.events) == 1
    printable = "".join(sign if ord(sign) >= 32 and ord(sign) != 127 else " " for sign in summary)
    assert str(event["summary"]) == printable


@pytest.mark.parametrize("zone", [name for name in ZONES if name != "UTC"])
def test_the_rules_of_a_zone(zone: str) -> None:
    """The rules that travel along give the same time as the zone's own, at noon of any day around the date."""
    calendar, event = one(replace(BERLIN, time_zone=zone))
    carried = calendar.timezones[0].to_tz(lookup_tzid=False)

    for days in range(-200, 400, 5):
        noon = event["dtstart"].dt.replace(tzinfo=None, hour=12) + timedelta(days=days)
        assert noon.replace(tzinfo=carried).utcoffset() == noon.replace(tzinfo=ZoneInfo(zone)).utcoffset()
