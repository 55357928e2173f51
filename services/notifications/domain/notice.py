"""What happened and whom it concerns, kept so that nobody is missed who becomes known a little later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from services.notifications.domain.audience import Audience, Line
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.message import Fact, Message, message_id
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Aggregate, stable_id

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far the clocks of two producers may be apart before somebody could be missed."""


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
    lines: tuple[Line, ...]
    open_to: tuple[Audience, ...] = Field(default=(), description="Of whom more may become known.")
    told: tuple[Id, ...] = ()
    spared: tuple[Id, ...] = Field(default=(), description="Whose own doing it was.")

    def tell(self, person: str, audience: Audience, *, now: datetime) -> Sequence[Message | Delivery]:
        """A message for this person, and its delivery where it is e-mailed; nothing for one already told.

        Nobody is told of their own case in an official capacity.
        """
        line = next((line for line in self.lines if line.audience is audience), None)
        of_their_own_case = person == self.about and audience is not Audience.PERSON
        if line is None or of_their_own_case or person in (*self.told, *self.spared):
            return ()
        self.told = (*self.told, person)
        message = self._message(person, line, now)
        return (message, Delivery.of(message)) if line.email else (message,)

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
            created=now,
        )
