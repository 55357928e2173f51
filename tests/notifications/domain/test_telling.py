"""Who is told of what, with what is known at the time and with what becomes known later."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.domain.audience import ROLE, Audience
from services.notifications.domain.desk import Desk
from services.notifications.domain.message import Message, message_id
from services.notifications.domain.notice import Notice
from services.notifications.domain.recipient import SETTLING, Recipient
from services.notifications.domain.story import Story
from shared.contracts.envelope import PersonEvent
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import (
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.contracts.supervision import HoursReported, PlacementClosed, SupervisionOverdue
from shared.contracts.training import (
    AssessmentFailed,
    CertificationExpiring,
    HelpAnswered,
    HelpAsked,
    ReviewWanted,
)
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
    certified,
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


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (HelpAsked(**ENROLMENT, help="h-1"), {"trainer-tom"}),
        (HelpAnswered(**ENROLMENT, help="h-1", answered_by="trainer-tom"), {ANA}),
        (ReviewWanted(**ENROLMENT, assessment="written", kind="written", attempt=1), {"assessor-ada"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_who_helps_and_who_reads(event: PersonEvent, expected: set[str]) -> None:
    """Trainers hear of a request for help, assessors of what there is to read, and the person of an answer."""
    duties = desk(**{"trainer-tom": "trainer", "assessor-ada": "assessor"})

    assert messages(told(event, desk=duties)).keys() == expected


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


CANDIDATE: dict[str, Any] = {"site": SITE, "person": ANA, "candidate": "c-1", "programme": "core"}


def interview(*panel: str, **more: Any) -> CandidateInterviewScheduled:
    return CandidateInterviewScheduled(
        **CANDIDATE, **{"starts": after(hours=2), "minutes": 45, **more}, panel=panel
    )


def with_interview() -> Story:
    known = Story.told_of(None, interview("i-1", "i-2"), at=NOON, now=NOON)
    assert known is not None
    return known


def screened(outcome: ScreeningOutcome, by: str = CLEO) -> CandidateScreened:
    return CandidateScreened(**CANDIDATE, outcome=outcome, decided_by=by)


def test_a_panel_is_told_while_the_interview_lies_ahead() -> None:
    """When an application is taken back, the panel is told only of an interview still to come."""
    before = told(CandidateWithdrawn(**CANDIDATE, by=ANA), story=with_interview(), now=after(hours=1))
    later = told(CandidateWithdrawn(**CANDIDATE, by=ANA), story=with_interview(), now=after(hours=3))

    assert messages(before).keys() == {ANA, "i-1", "i-2"}
    assert messages(before)["i-1"].template == "interview_not_needed"
    assert messages(later).keys() == {ANA}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (ScreeningOutcome.DECLINED, {ANA, "i-1", "i-2"}),
        (ScreeningOutcome.ACCEPTED, {ANA}),
        (ScreeningOutcome.WAITING, {ANA}),
        (ScreeningOutcome.DEFERRED, {ANA}),
    ],
)
def test_a_panel_is_told_of_a_decision_that_spares_the_interview(
    outcome: ScreeningOutcome, expected: set[str]
) -> None:
    """Who was still to interview somebody hears when a decision makes that needless; an accepted one was met."""
    made = told(screened(outcome), story=with_interview())

    assert messages(made).keys() == expected
    assert "outcome" not in messages(made)[ANA].facts


def test_who_decides_is_not_told_of_it() -> None:
    """A panel member who closes the application themself gets no message about it."""
    made = told(screened(ScreeningOutcome.DECLINED, by="i-1"), story=with_interview())

    assert messages(made).keys() == {ANA, "i-2"}


def test_a_panel_that_changes_with_the_date() -> None:
    """Who is on the panel no longer is told so; who stays, or comes, gets the new date."""
    known = with_interview()
    moved = interview("i-2", "i-3", starts=after(days=1))
    made = messages(told(moved, story=Story.told_of(known, moved, at=NOON, now=after(minutes=5))))

    assert {person: item.template for person, item in made.items()} == {
        ANA: "interview_set",
        "i-1": "interview_not_needed",
        "i-2": "interview_to_hold",
        "i-3": "interview_to_hold",
    }


def test_an_interview_is_news_until_it_begins() -> None:
    """Invitations are of no use from the start on, for candidate and panel; one noted afterwards is on record."""
    ahead = deliveries(told(interview("i-1", "i-2"), story=with_interview()))
    held = deliveries(told(interview("i-1", "i-2", starts=after(hours=-2)), story=with_interview()))

    assert {delivery.useless_after for delivery in ahead.values()} == {after(hours=2)}
    assert {delivery.useless_after for delivery in held.values()} == {None}


@pytest.mark.parametrize(("by", "expected"), [(ANA, {ANA, CLEO, CARL}), (CLEO, {ANA, CARL})])
def test_who_takes_an_application_back(by: str, expected: set[str]) -> None:
    """The person always hears that it is taken back, the coordinators unless they did it on their behalf."""
    made = told(CandidateWithdrawn(**CANDIDATE, by=by), desk=desk(**COORDINATORS))

    assert messages(made).keys() == expected


def test_after_the_application_no_panel_is_left() -> None:
    """Once it is told that an application is over, its panel is forgotten; one that waits keeps its panel."""
    waiting, over = with_interview(), with_interview()
    waiting.ends_with(screened(ScreeningOutcome.WAITING))
    over.ends_with(screened(ScreeningOutcome.ACCEPTED))

    assert waiting.panel_ahead("c-1", now=NOON) == ("i-1", "i-2")
    assert over.panel_ahead("c-1", now=NOON) == ()


def test_supervisors_of_another_site_are_not_told() -> None:
    """Somebody who supervises the person elsewhere hears nothing of what happens at this site."""
    assert messages(told(certified(), story=story(site="hillside"))).keys() == {ANA}
    assert messages(told(certified(), story=story())).keys() == {ANA, SAM}


def test_the_end_of_a_placement_is_told_to_who_supervised_it() -> None:
    """The news of the end reaches the supervisor as the former one, which it has made them."""
    made = told(PlacementClosed(**PLACEMENT, reason="completed"), story=story())

    assert messages(made)[SAM].audience is Audience.PREVIOUS_SUPERVISOR


def test_a_former_supervisor_hears_no_more() -> None:
    """After a placement has ended, later news of the person is no longer its supervisor's."""
    known = story()
    known.ends_with(PlacementClosed(**PLACEMENT, reason="completed"))

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
        mine = Message.in_inbox_of(reader, item, item.id)
        mine.read(now=NOON)
        mine.read(now=after(hours=1))
        assert mine.read_at == NOON
    else:
        with pytest.raises(NotFound):
            Message.in_inbox_of(reader, item, item.id)


@pytest.mark.parametrize("audience", ROLE)
def test_every_official_message_needs_a_role(audience: Audience) -> None:
    """Who has no role at a site any more reads nothing that came to them in an official capacity."""
    item = message(person=CLEO, audience=audience)
    everything_elsewhere = frozenset(Grant(role=role, site="hillside") for role in Role)
    everything_here = frozenset(Grant(role=role, site=SITE) for role in Role)

    assert not item.is_readable_by(Actor(person=CLEO))
    assert not item.is_readable_by(Actor(person=CLEO, grants=everything_elsewhere))
    assert item.is_readable_by(Actor(person=CLEO, grants=everything_here))


def test_settling_ends_with_a_look_after_it() -> None:
    """A look during the settling time, or begun at its end, may have missed somebody; a later one has not."""
    staff, mentor = recipient(CLEO, "coordinator"), recipient(ANA)
    staff.has_settled(looked=NOON + SETTLING)
    assert staff.settling_until == NOON + SETTLING
    staff.has_settled(looked=NOON + SETTLING + timedelta(seconds=1))

    assert staff.settling_until is None
    assert mentor.settling_until is None


@pytest.mark.parametrize(
    ("given", "kept", "greeted"),
    [
        ("Ana\nBcc: all@example.org", "Ana Bcc: all@example.org", "Ana Bcc: all@example.org"),
        ("  Ana \t Mar\u00eda\x07 ", "Ana Mar\u00eda", "Ana Mar\u00eda"),
        ("Ana\u202egro.live", "Anagro.live", "Anagro.live"),
        ("Ana\u2028Luz", "Ana Luz", "Ana Luz"),
        ("win https://evil.example", "win https://evil.example", ""),
        ("A" * 60, "A" * 60, "A" * 60),
        ("A" * 61, "A" * 61, ""),
    ],
)
def test_names_are_one_plain_line(given: str, kept: str, greeted: str) -> None:
    """A name is kept on one line without control characters, and greeted only where it looks like one."""
    known = recipient(name=given)

    assert (known.name, known.greeted_as) == (kept, greeted)
