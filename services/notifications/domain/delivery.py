"""One message on its way to one address."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from services.notifications.domain.audience import DUTY, Audience, Kind, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Channel, Preferences
from services.notifications.domain.quiet_hours import next_decent_moment, zone_of
from services.notifications.domain.recipient import Recipient
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Aggregate, stable_id

MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=5)
"""How long a sender has for one attempt; after it another may try, so a crash delays and never loses."""
CONTACT_CHECK = timedelta(minutes=10)
CONTACT_PATIENCE = timedelta(days=30)


class State(StrEnum):
    """Where a delivery is; only `pending` ever changes."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Reason(StrEnum):
    """Why it is where it is, for whoever asks why somebody did not get it."""

    CONTACT_UNKNOWN = "contact_unknown"
    QUIET_HOURS = "quiet_hours"
    MUTED = "muted"
    NO_LONGER_ON_DUTY = "no_longer_on_duty"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"
    ATTEMPTS_USED_UP = "attempts_used_up"


def delivery_id(message: str, channel: Channel = Channel.EMAIL) -> str:
    """One delivery per message and channel."""
    return stable_id(message, channel.value)


def pause_after(attempts: int, *, jitter: float) -> timedelta:
    """How long to wait after so many attempts: doubling, and by `jitter` (0 to 1) between half and whole."""
    whole: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return whole * (0.5 + jitter / 2)


class Delivery(Aggregate):
    """Holds no address: that is looked up when it is sent. `last_problem` is a reply code, never the text."""

    collection: ClassVar[str] = "deliveries"

    message: Id
    person: Id
    audience: Audience
    kind: Kind
    urgency: Urgency
    channel: Channel = Channel.EMAIL
    state: State = State.PENDING
    attempts: int = Field(default=0, ge=0, le=MOST_ATTEMPTS)
    next_try: Moment | None
    reason: Reason | None = None
    last_problem: str | None = None
    created: Moment
    ended: Moment | None = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """An e-mail of this message, due at once."""
        return cls(
            id=delivery_id(message.id),
            site=message.site,
            message=message.id,
            person=message.person,
            audience=message.audience,
            kind=message.kind,
            urgency=message.urgency,
            next_try=message.created,
            created=message.created,
        )

    def begin_attempt(
        self, recipient: Recipient | None, preferences: Preferences | None, *, now: datetime
    ) -> bool:
        """Is it to be sent now? Then an attempt is counted and the lease taken; else it says why not."""
        if self.state is not State.PENDING or self.next_try is None or self.next_try > now:
            return False
        if recipient is None:
            self._wait_for_contact(now)
        elif not self._is_still_for(recipient):
            self._end(State.SUPPRESSED, Reason.NO_LONGER_ON_DUTY, now)
        elif preferences and not preferences.wants(self.kind, self.channel, self.urgency):
            self._end(State.SUPPRESSED, Reason.MUTED, now)
        elif self.attempts >= MOST_ATTEMPTS:
            self._end(State.FAILED, Reason.ATTEMPTS_USED_UP, now)
        elif (morning := self._first_decent_moment(recipient, now)) > now:
            self._wait(morning, Reason.QUIET_HOURS)
        else:
            self.attempts += 1
            self._wait(now + LEASE, self.reason)
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
        """The attempt failed for now; after the tenth it failed for good."""
        if self.state is not State.PENDING:
            return
        self.last_problem = problem
        if self.attempts >= MOST_ATTEMPTS:
            self._end(State.FAILED, Reason.ATTEMPTS_USED_UP, now)
        else:
            self._wait(now + pause_after(self.attempts, jitter=jitter), Reason.TRY_AGAIN)

    def refused(self, problem: str, *, now: datetime) -> None:
        """The mail server will never take it."""
        if self.state is State.PENDING:
            self.last_problem = problem
            self._end(State.FAILED, Reason.REFUSED, now)

    def _is_still_for(self, recipient: Recipient) -> bool:
        role = DUTY.get(self.audience)
        return role is None or recipient.has_duty_at(self.site, role)

    def _first_decent_moment(self, recipient: Recipient, now: datetime) -> datetime:
        if self.urgency is Urgency.LEGAL:
            return now
        return next_decent_moment(now, zone_of(recipient.time_zone))

    def _wait_for_contact(self, now: datetime) -> None:
        if now - self.created >= CONTACT_PATIENCE:
            self._end(State.SUPPRESSED, Reason.CONTACT_UNKNOWN, now)
        else:
            self._wait(now + CONTACT_CHECK, Reason.CONTACT_UNKNOWN)

    def _wait(self, until: datetime, reason: Reason | None) -> None:
        self.next_try = until
        self.reason = reason

    def _end(self, state: State, reason: Reason | None, now: datetime) -> None:
        self.state = state
        self.reason = reason
        self.next_try = None
        self.ended = now
