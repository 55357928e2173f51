"""A delivery: waiting, trying, giving up, and saying why."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.notifications.domain.audience import Audience, Channel, Kind, Urgency
from services.notifications.domain.delivery import AtHand, Delivery, Reason, State, delivery_id
from services.notifications.domain.patience import (
    CONTACT_CHECK,
    CONTACT_PATIENCE,
    GIVE_UP_AFTER,
    LEASE,
    LONGEST_PAUSE,
    pause_after,
)
from services.notifications.domain.preferences import Mute, Preferences
from services.notifications.domain.story import Story
from shared.contracts.recruitment import CandidateInterviewScheduled
from shared.domain.errors import Conflict
from tests.notifications.builders import (
    ANA,
    CLEO,
    NOON,
    SAM,
    SITE,
    after,
    at_hand,
    message,
    recipient,
    story,
)

NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 8, tzinfo=UTC)


def muting(kind: Kind = Kind.TRAINING) -> Preferences:
    preferences = Preferences.of(ANA)
    preferences.choose([Mute(kind=kind, channel=Channel.EMAIL)])
    return preferences


def test_a_due_delivery_is_claimed() -> None:
    """An attempt is counted before it is made, and for the length of the lease nobody else makes one."""
    delivery = Delivery.of(message())

    assert delivery.begin_attempt(at_hand(recipient()), now=NOON)
    assert (delivery.state, delivery.attempts, delivery.next_try) == (State.PENDING, 1, NOON + LEASE)
    assert not delivery.begin_attempt(at_hand(recipient()), now=after(minutes=1))


def test_an_attempt_nobody_finished_is_made_again() -> None:
    """When the sender is gone, the delivery is due again after the lease."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)

    assert delivery.begin_attempt(at_hand(recipient()), now=NOON + LEASE)
    assert delivery.attempts == 2


def test_a_sent_delivery_is_at_rest() -> None:
    """What was sent is never tried again, and a late failure does not change it."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)
    delivery.accepted(now=after(seconds=1))
    delivery.put_off("451", now=after(seconds=2), jitter=0)
    delivery.refused("550", now=after(seconds=2))

    assert (delivery.state, delivery.ended, delivery.next_try) == (State.SENT, after(seconds=1), None)
    assert not delivery.begin_attempt(at_hand(recipient()), now=after(days=1))


def test_it_waits_for_the_contact() -> None:
    """Without an address nothing is tried or counted; as soon as it is known the delivery is due."""
    delivery = Delivery.of(message())

    assert not delivery.begin_attempt(at_hand(None), now=NOON)
    assert (delivery.attempts, delivery.reason) == (0, Reason.CONTACT_UNKNOWN)
    assert delivery.next_try == NOON + CONTACT_CHECK
    delivery.contact_came(now=after(minutes=1))
    assert delivery.begin_attempt(at_hand(recipient()), now=after(minutes=1))


def test_it_does_not_wait_for_ever() -> None:
    """After thirty days without an address it ends, and says so."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(None), now=NOON + CONTACT_PATIENCE)

    assert (delivery.state, delivery.reason) == (State.SUPPRESSED, Reason.CONTACT_UNKNOWN)


def test_at_night_it_waits_for_the_morning() -> None:
    """A normal e-mail of 23:00 waits until 08:00 where the recipient lives, and counts no attempt."""
    delivery = Delivery.of(message(created=NIGHT))

    assert not delivery.begin_attempt(at_hand(recipient()), now=NIGHT)
    assert (delivery.next_try, delivery.reason, delivery.attempts) == (MORNING, Reason.QUIET_HOURS, 0)
    assert delivery.begin_attempt(at_hand(recipient()), now=MORNING)


def test_night_is_where_the_recipient_is() -> None:
    """23:00 UTC is a fine time in Los Angeles."""
    delivery = Delivery.of(message(created=NIGHT))

    assert delivery.begin_attempt(at_hand(recipient(time_zone="America/Los_Angeles")), now=NIGHT)


def test_a_retry_keeps_quiet_hours_too() -> None:
    """A second attempt that falls into the night waits like a first one."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)
    delivery.put_off("451", now=NOON, jitter=0)

    assert not delivery.begin_attempt(at_hand(recipient()), now=NIGHT)
    assert delivery.next_try == MORNING


def test_a_legal_notice_waits_for_the_morning_too() -> None:
    """A legal notice goes out whatever is muted, and at a decent hour."""
    delivery = Delivery.of(message(urgency=Urgency.LEGAL, created=NIGHT))

    assert not delivery.begin_attempt(at_hand(recipient(), muting()), now=NIGHT)
    assert (delivery.next_try, delivery.reason) == (MORNING, Reason.QUIET_HOURS)
    assert delivery.begin_attempt(at_hand(recipient(), muting()), now=MORNING)


def test_a_muted_kind_is_not_sent() -> None:
    """What is muted ends at once with that reason; other kinds are sent."""
    muted, other = Delivery.of(message()), Delivery.of(message(kind=Kind.HOURS))

    assert not muted.begin_attempt(at_hand(recipient(), muting()), now=NOON)
    assert (muted.state, muted.reason) == (State.SUPPRESSED, Reason.MUTED)
    assert other.begin_attempt(at_hand(recipient(), muting()), now=NOON)


@pytest.mark.parametrize(
    ("now_at", "duty", "sent"), [("riverside", "coordinator", True), ("hillside", "coordinator", False)]
)
def test_who_left_the_site_gets_nothing_of_it(now_at: str, duty: str, sent: bool) -> None:
    """What came with a duty is sent only while the recipient has the duty at that site."""
    delivery = Delivery.of(message(person=CLEO, audience=Audience.COORDINATORS))

    assert delivery.begin_attempt(at_hand(recipient(CLEO, duty, site=now_at)), now=NOON) is sent
    if not sent:
        assert (delivery.state, delivery.reason) == (State.SUPPRESSED, Reason.NO_LONGER_ON_DUTY)


def by_day(moment: datetime) -> datetime:
    """The moment, or the next morning."""
    return moment if 8 <= moment.hour < 21 else (moment + timedelta(hours=11)).replace(hour=8)


def test_nothing_is_given_up_for_five_days() -> None:
    """Whoever's fault it is, a mail is tried for five days, ever less often but at least twice a day."""
    delivery, now = Delivery.of(message()), NOON
    tries = []
    while delivery.state is State.PENDING:
        assert delivery.next_try is not None
        now = by_day(max(now, delivery.next_try))
        if delivery.begin_attempt(at_hand(recipient()), now=now):
            tries.append(now)
            delivery.put_off("no_connection", now=now, jitter=1)

    assert (delivery.state, delivery.reason) == (State.FAILED, Reason.GAVE_UP)
    assert delivery.last_problem == "no_connection"
    assert now >= NOON + GIVE_UP_AFTER
    assert len(tries) > 10
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:3] == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    assert max(pauses) <= timedelta(hours=17)


def test_patience_begins_with_the_first_attempt() -> None:
    """A mail that waited weeks for its address is still tried for five days."""
    delivery, late = Delivery.of(message()), after(days=20)
    delivery.begin_attempt(at_hand(recipient()), now=late)
    delivery.put_off("451", now=late, jitter=1)

    assert (delivery.state, delivery.reason) == (State.PENDING, Reason.TRY_AGAIN)


def test_a_failed_mail_is_sent_again() -> None:
    """Once its cause is put right a failed mail starts anew, with all its patience; asking twice is once."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)
    delivery.refused("550", now=NOON)
    delivery.send_again(now=after(days=30))
    once = delivery.document()
    delivery.send_again(now=after(days=31))

    assert delivery.document() == once
    assert (delivery.state, delivery.ended, delivery.reason) == (State.PENDING, None, None)
    assert delivery.begin_attempt(at_hand(recipient()), now=after(days=30))
    delivery.put_off("451", now=after(days=30), jitter=1)
    assert delivery.state is State.PENDING


def test_only_a_failed_mail_is_sent_again() -> None:
    """What was sent, or was never to be sent, stays as it is."""
    sent, muted = Delivery.of(message()), Delivery.of(message())
    sent.accepted(now=NOON)
    muted.begin_attempt(at_hand(recipient(), muting()), now=NOON)

    for delivery in (sent, muted):
        with pytest.raises(Conflict, match="only a failed one") as refused:
            delivery.send_again(now=NOON)
        assert refused.value.code == "delivery_not_failed"


def test_crashes_become_rare_and_end() -> None:
    """A delivery that takes its sender down every time does so ever less often, and ends after five days."""
    delivery, now, crashes = Delivery.of(message()), NOON, 0
    while delivery.state is State.PENDING:
        crashes += delivery.begin_attempt(at_hand(recipient()), now=now)
        now = delivery.next_try or now

    assert (delivery.state, delivery.reason) == (State.FAILED, Reason.GAVE_UP)
    assert crashes < 30


def test_a_refusal_is_final() -> None:
    """An address that does not exist is not tried again."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)
    delivery.refused("550", now=NOON)

    assert (delivery.state, delivery.reason, delivery.last_problem) == (State.FAILED, Reason.REFUSED, "550")


def test_pauses_are_spread() -> None:
    """Jitter spreads a pause between half and whole, and no pause is over the longest."""
    assert pause_after(1, jitter=0) == timedelta(seconds=30)
    assert pause_after(1, jitter=1) == timedelta(minutes=1)
    assert pause_after(1_000, jitter=1) == LONGEST_PAUSE


def test_one_delivery_per_message() -> None:
    """The id follows from the message, so a second one can't come into being."""
    item = message()

    assert Delivery.of(item).id == Delivery.of(item).id == delivery_id(item.id, Channel.EMAIL)


def test_a_contact_that_comes_while_it_is_sent_changes_nothing() -> None:
    """What once waited for its address and is being sent now is not made due again by that address."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(None), now=NOON)
    delivery.contact_came(now=after(minutes=1))
    assert delivery.begin_attempt(at_hand(recipient()), now=after(minutes=1))

    delivery.contact_came(now=after(minutes=2))

    assert delivery.reason is Reason.SENDING
    assert delivery.next_try == after(minutes=1) + LEASE
    assert not delivery.begin_attempt(at_hand(recipient()), now=after(minutes=2))


def test_nothing_is_sent_to_who_was_erased() -> None:
    """What was still to be sent to somebody who was erased ends and says so; what was sent stays sent."""
    waiting, sent = Delivery.of(message()), Delivery.of(message())
    sent.accepted(now=NOON)
    for delivery in (waiting, sent):
        delivery.person_erased(now=after(days=1))

    assert (waiting.state, waiting.reason) == (State.SUPPRESSED, Reason.PERSON_ERASED)
    assert (sent.state, sent.ended) == (State.SENT, NOON)


def test_without_its_message_it_ends() -> None:
    """A delivery whose message is gone says so and is over."""
    delivery = Delivery.of(message())

    assert not delivery.begin_attempt(AtHand(message=None, recipient=recipient()), now=NOON)
    assert (delivery.state, delivery.reason) == (State.FAILED, Reason.MESSAGE_GONE)


@pytest.mark.parametrize("known", [True, False])
def test_news_that_is_over_is_not_sent(known: bool) -> None:
    """An invitation to an interview that has begun is of no use, whether or not the address is known."""
    delivery = Delivery.of(message(useless_after=after(hours=1)))

    assert not delivery.begin_attempt(at_hand(recipient() if known else None), now=after(hours=1))
    assert (delivery.state, delivery.reason) == (State.SUPPRESSED, Reason.TOO_LATE)


@pytest.mark.parametrize(
    ("duty", "supervisor", "site", "sent"),
    [
        ("supervisor", SAM, SITE, True),
        ("trainer", SAM, SITE, False),
        ("supervisor", "supervisor-pat", SITE, False),
        ("supervisor", SAM, "hillside", False),
    ],
)
def test_supervisors_get_what_is_theirs_now(duty: str, supervisor: str, site: str, sent: bool) -> None:
    """News of a mentor is sent only to who still supervises them there, and still has the duty."""
    about = message(person=SAM, audience=Audience.SUPERVISOR, placement="p-1")
    delivery = Delivery.of(about)
    known = at_hand(recipient(SAM, duty), story=story(supervisor, site=site), about=about)

    assert delivery.begin_attempt(known, now=NOON) is sent
    assert (delivery.reason is Reason.NO_LONGER_ON_DUTY) is not sent


def test_who_is_off_the_panel_gets_no_invitation_to_it() -> None:
    """An invitation still to be sent when the panel changes is not sent any more."""
    about = message(person="i-1", audience=Audience.PANEL, candidate="c-1")
    values = {"site": SITE, "person": ANA, "candidate": "c-1", "programme": "core", "minutes": 45}
    interview = CandidateInterviewScheduled(**values, starts=after(days=1), panel=("i-2", "i-3"))
    known = Story.told_of(None, interview, at=NOON, now=NOON)
    delivery = Delivery.of(about)

    assert not delivery.begin_attempt(
        at_hand(recipient("i-1", "interviewer"), story=known, about=about), now=NOON
    )
    assert delivery.reason is Reason.NO_LONGER_ON_DUTY


def test_no_address_is_kept() -> None:
    """A delivery never holds where it goes."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(at_hand(recipient()), now=NOON)

    assert "@" not in str(delivery.document())
