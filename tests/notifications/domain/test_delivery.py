"""A delivery: waiting, trying, giving up, and saying why."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.domain.audience import Audience, Kind, Urgency
from services.notifications.domain.delivery import (
    CONTACT_CHECK,
    CONTACT_PATIENCE,
    LEASE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    Delivery,
    Reason,
    State,
    delivery_id,
    pause_after,
)
from services.notifications.domain.preferences import Channel, Mute, Preferences
from shared.domain.errors import Invalid
from tests.notifications.builders import ANA, CLEO, NOON, after, message, recipient

NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 8, tzinfo=UTC)


def muting(kind: Kind = Kind.TRAINING) -> Preferences:
    preferences = Preferences.of(ANA)
    preferences.choose([Mute(kind=kind, channel=Channel.EMAIL)])
    return preferences


def test_a_due_delivery_is_claimed() -> None:
    """An attempt is counted before it is made, and for the length of the lease nobody else makes one."""
    delivery = Delivery.of(message())

    assert delivery.begin_attempt(recipient(), None, now=NOON)
    assert (delivery.state, delivery.attempts, delivery.next_try) == (State.PENDING, 1, NOON + LEASE)
    assert not delivery.begin_attempt(recipient(), None, now=after(minutes=1))


def test_an_attempt_nobody_finished_is_made_again() -> None:
    """When the sender is gone, the delivery is due again after the lease."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(recipient(), None, now=NOON)

    assert delivery.begin_attempt(recipient(), None, now=NOON + LEASE)
    assert delivery.attempts == 2


def test_a_sent_delivery_is_at_rest() -> None:
    """What was sent is never tried again, and a late failure does not change it."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(recipient(), None, now=NOON)
    delivery.accepted(now=after(seconds=1))
    delivery.put_off("451", now=after(seconds=2), jitter=0)
    delivery.refused("550", now=after(seconds=2))

    assert (delivery.state, delivery.ended, delivery.next_try) == (State.SENT, after(seconds=1), None)
    assert not delivery.begin_attempt(recipient(), None, now=after(days=1))


def test_it_waits_for_the_contact() -> None:
    """Without an address nothing is tried or counted; as soon as it is known the delivery is due."""
    delivery = Delivery.of(message())

    assert not delivery.begin_attempt(None, None, now=NOON)
    assert (delivery.attempts, delivery.reason) == (0, Reason.CONTACT_UNKNOWN)
    assert delivery.next_try == NOON + CONTACT_CHECK
    delivery.contact_came(now=after(minutes=1))
    assert delivery.begin_attempt(recipient(), None, now=after(minutes=1))


def test_it_does_not_wait_for_ever() -> None:
    """After thirty days without an address it ends, and says so."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(None, None, now=NOON + CONTACT_PATIENCE)

    assert (delivery.state, delivery.reason) == (State.SUPPRESSED, Reason.CONTACT_UNKNOWN)


def test_at_night_it_waits_for_the_morning() -> None:
    """A normal e-mail of 23:00 waits until 08:00 where the recipient lives, and counts no attempt."""
    delivery = Delivery.of(message(created=NIGHT))

    assert not delivery.begin_attempt(recipient(), None, now=NIGHT)
    assert (delivery.next_try, delivery.reason, delivery.attempts) == (MORNING, Reason.QUIET_HOURS, 0)
    assert delivery.begin_attempt(recipient(), None, now=MORNING)


def test_night_is_where_the_recipient_is() -> None:
    """23:00 UTC is a fine time in Los Angeles."""
    delivery = Delivery.of(message(created=NIGHT))

    assert delivery.begin_attempt(recipient(time_zone="America/Los_Angeles"), None, now=NIGHT)


def test_a_retry_keeps_quiet_hours_too() -> None:
    """A second attempt that falls into the night waits like a first one."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(recipient(), None, now=NOON)
    delivery.put_off("451", now=NOON, jitter=0)

    assert not delivery.begin_attempt(recipient(), None, now=NIGHT)
    assert delivery.next_try == MORNING


def test_a_legal_notice_does_not_wait() -> None:
    """A legal notice goes out at night, and whatever is muted."""
    delivery = Delivery.of(message(urgency=Urgency.LEGAL, created=NIGHT))

    assert delivery.begin_attempt(recipient(), muting(), now=NIGHT)


def test_a_muted_kind_is_not_sent() -> None:
    """What is muted ends at once with that reason; other kinds are sent."""
    muted, other = Delivery.of(message()), Delivery.of(message(kind=Kind.HOURS))

    assert not muted.begin_attempt(recipient(), muting(), now=NOON)
    assert (muted.state, muted.reason) == (State.SUPPRESSED, Reason.MUTED)
    assert other.begin_attempt(recipient(), muting(), now=NOON)


def test_the_inbox_is_never_muted() -> None:
    """Muting the inbox is refused, and the refusal says what to do instead."""
    with pytest.raises(Invalid, match="Mute the channel email") as refused:
        Preferences.of(ANA).choose([Mute(kind=Kind.HOURS, channel=Channel.INBOX)])

    assert refused.value.code == "inbox_cannot_be_muted"


@pytest.mark.parametrize(
    ("now_at", "duty", "sent"), [("riverside", "coordinator", True), ("hillside", "coordinator", False)]
)
def test_who_left_the_site_gets_nothing_of_it(now_at: str, duty: str, sent: bool) -> None:
    """What came with a duty is sent only while the recipient has the duty at that site."""
    delivery = Delivery.of(message(person=CLEO, audience=Audience.COORDINATORS))

    assert delivery.begin_attempt(recipient(CLEO, duty, site=now_at), None, now=NOON) is sent
    if not sent:
        assert (delivery.state, delivery.reason) == (State.SUPPRESSED, Reason.NO_LONGER_ON_DUTY)


def test_ten_attempts_and_no_more() -> None:
    """A server that never takes it is asked ten times, less and less often, and then no more."""
    delivery, now = Delivery.of(message(urgency=Urgency.LEGAL)), NOON
    pauses = []
    while delivery.state is State.PENDING:
        assert delivery.next_try is not None
        now = max(now, delivery.next_try)
        assert delivery.begin_attempt(recipient(), None, now=now)
        delivery.put_off("451", now=now, jitter=1)
        if delivery.next_try:
            pauses.append(delivery.next_try - now)

    assert (delivery.state, delivery.reason, delivery.attempts) == (
        State.FAILED,
        Reason.ATTEMPTS_USED_UP,
        MOST_ATTEMPTS,
    )
    assert pauses == [timedelta(minutes=2**number) for number in range(8)] + [timedelta(minutes=256)]
    assert delivery.last_problem == "451"


def test_ten_crashes_and_no_more() -> None:
    """A delivery that takes its sender down every time ends after ten leases."""
    delivery, now = Delivery.of(message(urgency=Urgency.LEGAL)), NOON
    for _ in range(MOST_ATTEMPTS):
        assert delivery.begin_attempt(recipient(), None, now=now)
        now += LEASE

    assert not delivery.begin_attempt(recipient(), None, now=now)
    assert (delivery.state, delivery.reason) == (State.FAILED, Reason.ATTEMPTS_USED_UP)


def test_a_refusal_is_final() -> None:
    """An address that does not exist is not tried again."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(recipient(), None, now=NOON)
    delivery.refused("550", now=NOON)

    assert (delivery.state, delivery.reason, delivery.last_problem) == (State.FAILED, Reason.REFUSED, "550")


def test_pauses_are_spread() -> None:
    """Jitter spreads a pause between half and whole, and no pause is over the longest."""
    assert pause_after(1, jitter=0) == timedelta(seconds=30)
    assert pause_after(1, jitter=1) == timedelta(minutes=1)
    assert pause_after(MOST_ATTEMPTS, jitter=1) == LONGEST_PAUSE


def test_one_delivery_per_message() -> None:
    """The id follows from the message, so a second one can't come into being."""
    item = message()

    assert Delivery.of(item).id == delivery_id(item.id) == delivery_id(item.id, Channel.EMAIL)


def test_no_address_is_kept() -> None:
    """A delivery never holds where it goes."""
    delivery = Delivery.of(message())
    delivery.begin_attempt(recipient(), None, now=NOON)

    assert "@" not in str(delivery.document())
