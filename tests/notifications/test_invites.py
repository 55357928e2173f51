"""Invites in e-mails, over a real mail server: a calendar shows the date, moves it, and strikes it out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from services.notifications.domain.audience import Kind
from services.notifications.mail import compose
from services.notifications.rendering import Renderer
from services.notifications.texts import read_languages
from shared.contracts.envelope import EventData
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import (
    CalledOff,
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewScheduled,
)
from shared.ids import new_id
from tests.notifications.builders import NOON, after, message, recipient
from tests.notifications.mailbox import Mailbox
from tests.notifications.running import notifications
from tests.support.running import Started
from tests.support.stack import Stack

RENDERER = Renderer(read_languages(), app_url="https://app.peerpath.example")
BEFORE_DST = datetime(2026, 3, 27, 15, tzinfo=UTC)
AFTER_DST = datetime(2026, 3, 30, 15, tzinfo=UTC)
"""A Friday and a Monday: in between the clocks of Europe go forward."""


def address(person: str) -> str:
    return f"{person}@example.org"


def opened(part: Any) -> Any:
    """What a calendar reads in this part of a mail."""
    return Calendar.from_ical(part.get_payload(decode=True))


def invites(mailbox: Mailbox, person: str) -> list[tuple[str, Any]]:
    """The invites somebody was sent, in order, each with the method its part declares."""
    parts = (part for mail in mailbox.to(address(person)) for part in mail.walk())
    return [
        (str(part.get_param("method")), opened(part))
        for part in parts
        if part.get_content_type() == "text/calendar"
    ]


class Appointment:
    """One interview of one person at a site of their own, as recruitment would tell of it."""

    def __init__(self, app: Started) -> None:
        self.app = app
        self.site = f"site-{new_id()}"
        self.person, self.one, self.other, self.third = (f"person-{new_id()}" for _ in range(4))
        self.candidate = new_id()
        self._sequence = 0

    async def people(self, **zones: str) -> None:
        """The candidate and three interviewers; a clock each, by who they are."""
        for who in ("person", "one", "other", "third"):
            duties = () if who == "person" else (SiteDuty(site=self.site, duty="interviewer"),)
            person = getattr(self, who)
            contact = PersonContact(
                site=self.site,
                person=person,
                name=who.title(),
                email=address(person),
                time_zone=zones.get(who, "UTC"),
                duties=duties,
            )
            await self.app.publish(contact, subject=person)

    async def tell(self, kind: type[EventData], **facts: Any) -> None:
        about: dict[str, Any] = {
            "site": self.site,
            "person": self.person,
            "candidate": self.candidate,
            "programme": "core",
        }
        about |= {"round": 1, "minutes": 45}
        self._sequence += 1
        await self.app.publish(kind(**{**about, **facts}), subject=self.candidate, sequence=self._sequence)

    async def set(self, sequence: int, starts: datetime, *panel: str) -> None:
        await self.tell(CandidateInterviewScheduled, sequence=sequence, starts=starts, panel=panel)


async def sent(app: Started, mailbox: Mailbox, person: str, count: int) -> list[tuple[str, Any]]:
    """So many invites have arrived; returns method and event of each."""

    async def arrived() -> bool:
        return len(invites(mailbox, person)) >= count

    await app.until(arrived)
    return [(method, calendar.events[0]) for method, calendar in invites(mailbox, person)]


async def test_a_date_that_moves_and_is_called_off_in_everybodys_calendar(stack: Stack) -> None:
    """One UID for all; a move, across a change of clocks, raises SEQUENCE, and a CANCEL strikes it out."""
    async with notifications(stack) as (app, mailbox):
        it = Appointment(app)
        await it.people(person="Europe/Madrid", one="Europe/London")
        await it.set(0, BEFORE_DST, it.one, it.other)
        for person in (it.person, it.one):
            await sent(app, mailbox, person, 1)
        await it.set(1, AFTER_DST, it.one, it.other)
        for person in (it.person, it.one):
            await sent(app, mailbox, person, 2)
        await it.tell(
            CandidateInterviewCancelled,
            sequence=2,
            starts=AFTER_DST,
            panel=(it.one, it.other),
            by=it.one,
            because=CalledOff.ASKED,
        )
        for person, zone, clocks in (
            (it.person, "Europe/Madrid", ("16:00", "17:00", "17:00")),
            (it.one, "Europe/London", ("15:00", "16:00", "16:00")),
        ):
            got = await sent(app, mailbox, person, 3)
            assert [method for method, _ in got] == ["REQUEST", "REQUEST", "CANCEL"]
            assert {event["uid"] for _, event in got} == {f"interview-{it.candidate}-1@peerpath"}
            assert [event["sequence"] for _, event in got] == [0, 1, 2]
            assert [event["status"] for _, event in got] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
            assert tuple(f"{event['dtstart'].dt:%H:%M}" for _, event in got) == clocks
            assert {event["dtstart"].params["TZID"] for _, event in got} == {zone}
            assert [event["dtstart"].dt.astimezone(UTC) for _, event in got] == [
                BEFORE_DST,
                AFTER_DST,
                AFTER_DST,
            ]
            for _, calendar in invites(mailbox, person):
                (carried,) = calendar.timezones
                assert carried["tzid"] == zone
                rules = carried.to_tz(lookup_tzid=False)
                friday, monday = (day.replace(tzinfo=rules).utcoffset() for day in (BEFORE_DST, AFTER_DST))
                assert friday is not None
                assert monday is not None
                assert monday - friday == timedelta(hours=1)


async def test_who_leaves_a_panel_has_the_date_taken_out(stack: Stack) -> None:
    """Replaced or stepping back, they get a CANCEL of the same appointment; who stays or comes gets a REQUEST."""
    async with notifications(stack) as (app, mailbox):
        it = Appointment(app)
        await it.people()
        await it.set(0, after(days=3), it.one, it.other)
        for person in (it.one, it.other):
            await sent(app, mailbox, person, 1)
        await it.set(1, after(days=3), it.other, it.third)
        left, stays = await sent(app, mailbox, it.one, 2), await sent(app, mailbox, it.other, 2)
        assert (left[-1][0], left[-1][1]["sequence"]) == ("CANCEL", 1)
        assert (stays[-1][0], stays[-1][1]["sequence"]) == ("REQUEST", 1)
        await sent(app, mailbox, it.third, 1)
        await it.tell(
            CandidateInterviewerSteppedBack, sequence=2, starts=after(days=3), interviewer=it.third, seats=1
        )
        gone = await sent(app, mailbox, it.third, 2)
        assert (gone[-1][0], gone[-1][1]["sequence"]) == ("CANCEL", 2)
        assert len({event["uid"] for _, event in (*left, *stays, *gone)}) == 1


def interview_mail(facts: dict[str, Any] | None = None, **to: Any) -> Any:
    """The mail to somebody whose interview is set, as it is sent."""
    given = {"candidate": "c-1", "round": 2, "sequence": 1, "starts": after(days=3), "minutes": 45}
    made = message(template="interview_set", kind=Kind.INTERVIEW, **(facts or given))
    told = made.model_copy(update={"event_type": CandidateInterviewScheduled.facts.type})
    who = recipient(**to)
    return compose("d-1", who, RENDERER.mail(told, who), sender="no-reply@peerpath.example", now=NOON)


def test_an_invite_is_a_form_of_the_text_and_a_file() -> None:
    """Mail programs act on the one and people open the other; both are the same bytes, with the standard's CRLF."""
    mail = interview_mail(email="ana@b\u00fccher.example", language="es")
    both, file = mail.iter_parts()
    assert [part.get_content_type() for part in both.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    *_, form = both.iter_parts()
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "interview.ics")
    assert form.get_param("method") == "REQUEST"
    assert form.get_payload(decode=True) == file.get_payload(decode=True)
    assert b"\r\nMETHOD:REQUEST\r\n" in form.get_payload(decode=True)
    (event,) = opened(file).events
    assert (event["organizer"], event["attendee"]) == (
        "mailto:no-reply@peerpath.example",
        "mailto:ana@xn--bcher-kva.example",
    )


@pytest.mark.parametrize(("language", "summary"), [("en", "Interview"), ("es", "Entrevista")])
def test_an_appointment_says_nothing_of_health_or_of_anybody(language: str, summary: str) -> None:
    """A neutral word and where to look; whoever sees the calendar learns no name and no subject."""
    *_, file = interview_mail(language=language).iter_parts()
    (event,) = opened(file).events
    assert event["summary"] == summary
    assert event["url"] == "https://app.peerpath.example"
    assert event["location"]
    assert not {"description", "comment"} & {name.lower() for name in event}


def test_a_message_from_before_rounds_were_counted_goes_out_without_an_invite() -> None:
    """What was on its way when this came is sent as it was meant."""
    mail = interview_mail({"candidate": "c-1", "starts": after(days=3), "minutes": 45})
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_clock_nobody_knows_costs_no_invite() -> None:
    """A wrong zone in a contact gives the time in UTC."""
    *_, file = interview_mail(time_zone="Mars/Olympus").iter_parts()
    (event,) = opened(file).events
    assert event["dtstart"].dt == after(days=3)
