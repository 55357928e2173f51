"""One message on its way to one address."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from services.notifications.domain.audience import ROLE, Audience, Channel, Kind, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.patience import (
    CONTACT_CHECK,
    CONTACT_PATIENCE,
    GIVE_UP_AFTER,
    lease_of,
    pause_after,
)
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.quiet_hours import next_decent_moment, zone_of
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import Conflict


class State(StrEnum):
    """Where a delivery is. `pending` changes by itself; `failed` only when somebody has it sent again."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Reason(StrEnum):
    """Why it is where it is, for whoever asks why somebody did not get it."""

    CONTACT_UNKNOWN = "contact_unknown"
    QUIET_HOURS = "quiet_hours"
    SENDING = "sending"
    TRY_AGAIN = "try_again"
    MUTED = "muted"
    NO_LONGER_ON_DUTY = "no_longer_on_duty"
    TOO_LATE = "too_late"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    REPLACED = "replaced"
    MESSAGE_GONE = "message_gone"
    PERSON_ERASED = "person_erased"


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """What is known when a delivery is due; None where there is none. `story` is of whom it is about."""

    message: Message | None
    recipient: Recipient | None
    preferences: Preferences | None = None
    story: Story | None = None


def delivery_id(message: str, channel: Channel) -> str:
    """One delivery per message and channel."""
    return stable_id(message, channel.value)


class Delivery(Aggregate):
    """Holds no address: that is looked up when it is sent. `last_problem` is a reply code, never the text."""

    collection: ClassVar[str] = "deliveries"

    message: Id
    person: Id
    audience: Audience
    kind: Kind
    urgency: Urgency
    channel: Channel
    useless_after: Moment | None = None
    state: State = State.PENDING
    attempts: int = Field(default=0, ge=0, description="Counted, never used up: time decides.")
    first_try: Moment | None = None
    next_try: Moment | None
    reason: Reason | None = None
    last_problem: str | None = None
    created: Moment
    ended: Moment | None = None

    @classmethod
    def of(cls, message: Message, channel: Channel = Channel.EMAIL, *, due: datetime | None = None) -> Self:
        """This message on this channel, due at once or later."""
        return cls(
            id=delivery_id(message.id, channel),
            site=message.site,
            message=message.id,
            person=message.person,
            audience=message.audience,
            kind=message.kind,
            urgency=message.urgency,
            channel=channel,
            useless_after=message.useless_after,
            next_try=due or message.created,
            created=message.created,
        )

    def begin_attempt(self, at_hand: AtHand, *, now: datetime) -> bool:
        """Is it to be sent now? Then an attempt is counted and the lease taken; else it says why not."""
        if self.state is not State.PENDING or self.next_try is None or self.next_try > now:
            return False
        recipient = at_hand.recipient
        if over := self._reason_to_end(at_hand, now):
            self._end(*over, now)
        elif recipient is None:
            self._wait(now + CONTACT_CHECK, Reason.CONTACT_UNKNOWN)
        elif (morning := next_decent_moment(now, zone_of(recipient.time_zone))) > now:
            self._wait(morning, Reason.QUIET_HOURS)
        else:
            self._claim(now)
            return True
        return False

    def contact_came(self, *, now: datetime) -> None:
        """The address is known: whatever waited for it is due."""
        if self.state is State.PENDING and self.reason is Reason.CONTACT_UNKNOWN:
            self.next_try = now

    def accepted(self, *, now: datetime) -> None:
        """The mail server took it."""
        if self.state is State.PENDING:
            self._end(State.SENT, None, now)

    def put_off(self, problem: str, *, now: datetime, jitter: float) -> None:
        """The attempt failed for now, whoever's fault that was; after `GIVE_UP_AFTER` it failed for good."""
        if self.state is not State.PENDING:
            return
        self.last_problem = problem
        if self._was_tried_long_enough(now):
            self._end(State.FAILED, Reason.GAVE_UP, now)
        else:
            self._wait(now + pause_after(self.attempts, jitter=jitter), Reason.TRY_AGAIN)

    def refused(self, problem: str, *, now: datetime) -> None:
        """The mail server will never take it."""
        if self.state is State.PENDING:
            self.last_problem = problem
            self._end(State.FAILED, Reason.REFUSED, now)

    def person_erased(self, *, now: datetime) -> None:
        """There is nobody any more to send it to."""
        if self.state is State.PENDING:
            self._end(State.SUPPRESSED, Reason.PERSON_ERASED, now)

    def send_again(self, *, now: datetime) -> None:
        """What was in the way has been put right; one that is on its way already stays as it is.

        Raises:
            Conflict: `delivery_not_failed`.
        """
        if self.state is State.PENDING:
            return
        if self.state is not State.FAILED:
            raise Conflict(
                "delivery_not_failed", f"This e-mail is {self.state.value}; only a failed one is sent again."
            )
        self.state = State.PENDING
        self.attempts = 0
        self.first_try = self.ended = None
        self._wait(now, None)

    def _reason_to_end(self, at_hand: AtHand, now: datetime) -> tuple[State, Reason] | None:
        recipient, preferences = at_hand.recipient, at_hand.preferences
        if at_hand.message is None:
            return State.FAILED, Reason.MESSAGE_GONE
        if self.useless_after and now >= self.useless_after:
            return State.SUPPRESSED, Reason.TOO_LATE
        if self._was_tried_long_enough(now):
            return State.FAILED, Reason.GAVE_UP
        if recipient is None:
            waited_long = now - self.created >= CONTACT_PATIENCE
            return (State.SUPPRESSED, Reason.CONTACT_UNKNOWN) if waited_long else None
        if recipient.invited is not None and recipient.invited.event != at_hand.message.event:
            return State.SUPPRESSED, Reason.REPLACED
        if not self._is_still_for(recipient, at_hand.message, at_hand.story):
            return State.SUPPRESSED, Reason.NO_LONGER_ON_DUTY
        if preferences and not preferences.wants(self.kind, self.channel, self.urgency):
            return State.SUPPRESSED, Reason.MUTED
        return None

    def _was_tried_long_enough(self, now: datetime) -> bool:
        return self.first_try is not None and now - self.first_try >= GIVE_UP_AFTER

    def _is_still_for(self, recipient: Recipient, message: Message, story: Story | None) -> bool:
        role = ROLE.get(self.audience)
        if role is None:
            return True
        known = story or Story.begin(message.about, site=message.site)
        still_beside = known.still_has(self.person, self.audience, site=self.site, facts=message.facts)
        return still_beside and recipient.has_duty_at(self.site, role)

    def _claim(self, now: datetime) -> None:
        self.attempts += 1
        self.first_try = self.first_try or now
        self._wait(now + lease_of(self.attempts), Reason.SENDING)

    def _wait(self, until: datetime, reason: Reason | None) -> None:
        self.next_try = until
        self.reason = reason

    def _end(self, state: State, reason: Reason | None, now: datetime) -> None:
        self.state = state
        self.reason = reason
        self.next_try = None
        self.ended = now
