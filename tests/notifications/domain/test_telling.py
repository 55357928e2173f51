"""Who is told of what, with what is known at the time and with what becomes known later."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.domain.audience import Audience
from services.notifications.domain.desk import Desk
from services.notifications.domain.message import message_id
from services.notifications.domain.notice import Notice
from services.notifications.domain.recipient import SETTLING, Recipient
from services.notifications.domain.story import Story
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import CandidateInterviewScheduled, CandidateWithdrawn
from shared.contracts.supervision import HoursReported, PlacementClosed, SupervisionOverdue
from shared.contracts.training import AssessmentFailed, CertificationExpiring, CertificationGranted
from shared.domain.errors import NotFound
from shared.domain.people import Actor, Grant, Role
from tests.notifications.builders import (
    ANA,
    CARL,
    CLEO,
    NOON,
    SAM,
    SITE,
    after,
    applied,
    assigned,
    contact,
    deliveries,
    desk,
    message,
    messages,
    notice,
    recipient,
    story,
    told,
)

ELSEWHERE = SiteDuty(site="hillside", duty="coordinator")
COORDINATORS = {CLEO: "coordinator", CARL: "coordinator"}
ENROLMENT = {"site": SITE, "person": ANA, "enrolment": "e-1", "programme": "core"}
PLACEMENT = {"site": SITE, "person": ANA, "placement": "p-1", "programme": "core"}


def certified() -> CertificationGranted:
    valid = {"valid_from": NOON, "valid_until": after(days=730)}
    return CertificationGranted(**ENROLMENT, **valid, certificate="cert-1", granted_by="certifier-1")


def test_an_application_is_told_to_both_sides() -> None:
    """The applicant gets a thank-you and every coordinator of the site a note, each with an e-mail."""
    made = told(applied(), desk=desk(**COORDINATORS))

    assert {person: item.template for person, item in messages(made).items()} == {
        ANA: "application_received",
        CLEO: "application_to_look_at",
        CARL: "application_to_look_at",
    }
    assert deliveries(made).keys() == {ANA, CLEO, CARL}


def test_the_same_event_makes_the_same_message() -> None:
    """However often an event is handled, the ids of what it makes are the same."""
    first, again = told(applied(), id="event-a"), told(applied(), id="event-a", now=after(hours=3))

    assert [item.id for item in first] == [item.id for item in again]
    assert messages(first)[ANA].id == message_id("event-a", ANA)


def test_nobody_is_told_of_their_own_doing() -> None:
    """A coordinator who entered an application is not told that it came in."""
    made = told(applied(entered_by=CLEO), desk=desk(**COORDINATORS))

    assert messages(made).keys() == {ANA, CARL}


def test_nobody_is_told_of_their_own_case_as_staff() -> None:
    """A coordinator who applies hears of it as the applicant only."""
    made = told(applied(person=CLEO), desk=desk(**COORDINATORS))

    assert messages(made)[CLEO].template == "application_received"
    assert messages(made).keys() == {CLEO, CARL}


def test_messages_hold_no_text() -> None:
    """A message holds codes, ids and times of the event, never a name or an address."""
    stored = messages(told(applied(), desk=desk(**COORDINATORS)))[CLEO]

    assert stored.facts == {"candidate": "c-1"}
    assert "@" not in str(stored.document())


def test_hours_wait_in_the_inbox() -> None:
    """Reported hours are no reason for an e-mail: the supervisor finds them in the inbox."""
    reported = HoursReported(**PLACEMENT, entry="h-1", bucket="peer_support", hours=2)
    made = told(reported, story=story())

    assert messages(made).keys() == {SAM}
    assert deliveries(made) == {}


@pytest.mark.parametrize(("left", "expected"), [(1, {ANA}), (0, {ANA, "trainer-tom"})])
def test_trainers_help_when_attempts_are_used_up(left: int, expected: set[str]) -> None:
    """A trainer is told only when nothing goes on without one."""
    values = {"assessment": "written", "kind": "written", "attempt": 2, "attempts_left": left}
    made = told(AssessmentFailed(**ENROLMENT, **values), desk=desk(**{"trainer-tom": "trainer"}))

    assert messages(made).keys() == expected


@pytest.mark.parametrize(("days", "expected"), [(90, {ANA}), (30, {ANA}), (7, {ANA, CLEO, CARL})])
def test_coordinators_hear_of_an_end_that_is_near(days: int, expected: set[str]) -> None:
    """The holder is told each time, the coordinators only in the last week."""
    values = {"certificate": "cert-1", "valid_until": after(days=days), "days_left": days}
    made = told(CertificationExpiring(**ENROLMENT, **values), desk=desk(**COORDINATORS))

    assert messages(made).keys() == expected


def test_a_new_supervisor() -> None:
    """Mentor, new and former supervisor each get their own words; who assigned it gets none."""
    event = assigned(previous="supervisor-pat")
    made = told(event, story=Story.told_of(None, event, at=NOON, now=NOON))

    assert {person: item.template for person, item in messages(made).items()} == {
        ANA: "supervisor_assigned",
        SAM: "mentor_assigned",
        "supervisor-pat": "mentor_handed_over",
    }


def test_overdue_supervision_is_not_held_against_the_mentor() -> None:
    """Supervisor and coordinators see to it; the mentor is left in peace."""
    made = told(SupervisionOverdue(**PLACEMENT, due=NOON), desk=desk(**COORDINATORS), story=story())

    assert messages(made).keys() == {SAM, CLEO, CARL}


def test_a_panel_is_told_while_the_interview_lies_ahead() -> None:
    """When an application is taken back, the panel is told only of an interview still to come."""
    values: dict[str, Any] = {"site": SITE, "person": ANA, "candidate": "c-1", "programme": "core"}
    interview = CandidateInterviewScheduled(**values, starts=after(hours=2), minutes=45, panel=("i-1", "i-2"))
    known = Story.told_of(None, interview, at=NOON, now=NOON)

    before = told(CandidateWithdrawn(**values, by=ANA), story=known, now=after(hours=1))
    later = told(CandidateWithdrawn(**values, by=ANA), story=known, now=after(hours=3))

    assert messages(before).keys() == {ANA, "i-1", "i-2"}
    assert messages(later).keys() == {ANA}


def test_a_former_supervisor_hears_no_more() -> None:
    """After a placement has ended, later news of the person is no longer its supervisor's."""
    known = story()
    known.placement_ended(PlacementClosed(**PLACEMENT, reason="completed"))

    assert messages(told(certified(), story=known)).keys() == {ANA}


def test_a_coordinator_known_too_late_is_told_then() -> None:
    """One whose contact is read after an application, but was published before it, gets the message too."""
    kept = notice(told(applied(), desk=desk(**{CLEO: "coordinator"})))

    since = NOON - timedelta(hours=1)
    made = kept.tell_latecomer(CARL, Audience.COORDINATORS, since=since, now=after(minutes=1))

    assert [type(item).__name__ for item in made] == ["Message", "Delivery"]
    assert kept.told == (ANA, CLEO, CARL)
    assert kept.tell_latecomer(CARL, Audience.COORDINATORS, since=since, now=after(minutes=2)) == ()


def test_a_new_colleague_is_not_told_old_news() -> None:
    """Who took up the duty after something happened is not told of it."""
    kept = notice(told(applied()))

    assert kept.tell_latecomer(CARL, Audience.COORDINATORS, since=after(minutes=5), now=after(hours=1)) == ()


def test_a_supervisor_known_too_late_is_told_then() -> None:
    """A certificate and a supervisor come on different topics; either may be read first."""
    kept = notice(told(certified(), story=None))

    made = kept.tell_latecomer(SAM, Audience.SUPERVISOR, since=NOON - timedelta(days=9), now=after(hours=1))

    assert [type(item).__name__ for item in made] == ["Message"]


def test_events_of_supervision_keep_their_order() -> None:
    """A supervisor of another placement of the same person is never taken for a latecomer."""
    reported = HoursReported(**PLACEMENT, entry="h-1", bucket="peer_support", hours=2)

    assert not any(isinstance(item, Notice) for item in told(reported, story=None))


def test_a_duty_keeps_its_beginning() -> None:
    """A changed e-mail address does not make somebody a newcomer to their duty, another site does."""
    first = recipient(CLEO, "coordinator", at=NOON)
    moved_mailbox = Recipient.told_of(
        first, contact(CLEO, "coordinator", "trainer", email="c@example.org"), at=after(days=1), now=NOON
    )
    also_elsewhere = Recipient.told_of(
        moved_mailbox, contact(CLEO, "coordinator", also=(ELSEWHERE,)), at=after(days=2), now=NOON
    )

    assert {duty.role: duty.since for duty in moved_mailbox.duties} == {
        "coordinator": NOON,
        "trainer": after(days=1),
    }
    assert {duty.site: duty.since for duty in also_elsewhere.duties} == {
        SITE: NOON,
        ELSEWHERE.site: after(days=2),
    }
    assert also_elsewhere.settling_until == NOON + SETTLING


def test_a_duty_holds_at_its_own_site() -> None:
    """Coordinating another site is no duty at the one a person belongs to, nor the other way round."""
    cleo = recipient(CLEO, "trainer", also=(ELSEWHERE,))

    assert cleo.has_duty_at(ELSEWHERE.site, "coordinator")
    assert cleo.has_duty_at(SITE, "trainer")
    assert not cleo.has_duty_at(SITE, "coordinator")
    assert not cleo.has_duty_at(ELSEWHERE.site, "trainer")


def test_a_desk_changes_with_its_people() -> None:
    """A desk knows who has a duty there now, and is left alone by a contact that changes no duty of it."""
    here = desk(**COORDINATORS)

    def told_of(contact: PersonContact) -> Desk | None:
        return Desk.told_of(here, contact, site=SITE)

    assert told_of(contact(CLEO, "coordinator", email="new@example.org")) is None
    assert told_of(contact(CLEO, "coordinator", also=(ELSEWHERE,))) is None
    assert told_of(contact(ANA)) is None
    assert told_of(contact(CLEO, "trainer")) is here
    assert here.with_duty("coordinator") == (CARL,)
    assert here.with_duty("trainer") == (CLEO,)
    assert told_of(contact(CLEO)) is here
    assert here.with_duty("trainer") == ()


@pytest.mark.parametrize(
    ("who", "site", "may"),
    [(CLEO, SITE, True), (CLEO, "hillside", False), (CLEO, "*", True), (CARL, SITE, False)],
)
def test_what_came_with_a_duty_goes_with_it(who: str, site: str, may: bool) -> None:
    """A coordinator's message is readable by that coordinator, and only while the duty at the site lasts."""
    reader = Actor(person=who, grants=frozenset({Grant(role=Role.COORDINATOR, site=site)}))
    item = message(person=CLEO, audience=Audience.COORDINATORS)

    if may:
        item.read(reader, now=NOON)
        item.read(reader, now=after(hours=1))
        assert item.read_at == NOON
    else:
        with pytest.raises(NotFound):
            item.read(reader, now=NOON)
