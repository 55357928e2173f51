"""What happened and whom it concerns, kept so that nobody is missed who becomes known a little later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from services.notifications.domain.audience import Audience, Line
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.message import Fact, Message, message_id
from services.notifications.domain.table import line_of
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Aggregate, stable_id

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far the clocks of two producers may be apart before somebody could be missed."""
KEPT_FOR = timedelta(days=30)
"""Longer than one topic is ever behind another."""


def notice_id(event: str) -> str:
    """One notice per event."""
    return stable_id("notice", event)


class Notice(Aggregate):
    """One event, as far as people are told of it. `told` are those who have a message.

    Contacts and events travel on different topics, so a coordinator may become known after an application
    that came later. Whoever already had the duty when it happened is told then.
    """

    collection: ClassVar[str] = "notices"

    event: Id
    event_type: str
    about: Id
    occurred: Moment
    facts: dict[str, Fact] = Field(default_factory=dict)
    useless_after: Moment | None = None
    audiences: tuple[Audience, ...] = Field(description="The lines of the table that fit the event.")
    open_to: tuple[Audience, ...] = Field(default=(), description="Of whom more may become known.")
    told: tuple[Id, ...] = ()
    spared: tuple[Id, ...] = Field(default=(), description="Whose own doing it was.")
    created: Moment

    def tell(self, person: str, audience: Audience, *, now: datetime) -> Sequence[Message | Delivery]:
        """A message for this person, and a delivery per channel; nothing for one already told.

        Nobody is told in an official capacity of their own case, or of their own doing.
        """
        line = line_of(self.event_type, audience) if audience in self.audiences else None
        not_officially = person in (self.about, *self.spared) and audience is not Audience.PERSON
        if line is None or not_officially or person in self.told:
            return ()
        self.told = (*self.told, person)
        message = self._message(person, line, now)
        return (message, *(Delivery.of(message, channel) for channel in line.channels))

    def tell_latecomer(
        self, person: str, audience: Audience, *, since: datetime, now: datetime
    ) -> Sequence[Message | Delivery]:
        """Like `tell`, for one of this audience since `since`; nothing for one who came after it happened."""
        if audience not in self.open_to or since > self.occurred + CLOCKS_DIFFER:
            return ()
        return self.tell(person, audience, now=now)

    def _message(self, person: str, line: Line, now: datetime) -> Message:
        return Message(
            id=message_id(self.event, person),
            site=self.site,
            person=person,
            about=self.about,
            event=self.event,
            event_type=self.event_type,
            occurred=self.occurred,
            audience=line.audience,
            template=line.template,
            kind=line.kind,
            urgency=line.urgency,
            facts=self.facts,
            useless_after=self.useless_after,
            created=now,
        )
