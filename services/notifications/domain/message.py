"""One item in somebody's inbox: ids, codes and times; the words are found when it is shown."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field

from services.notifications.domain.audience import ROLE, Audience, Kind, Urgency
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import NotFound
from shared.domain.people import Actor

Fact = str | int | float | Moment


def message_id(event: str, person: str) -> str:
    """One message per event and person, however often the event is delivered."""
    return stable_id(event, person)


def message_unknown(id: str) -> NotFound:
    """The one answer to a message that is not there and to one that is another's: nobody learns which."""
    return NotFound(
        "message_unknown",
        f"There is no message {id} in your inbox. Read GET /v1/inbox for those there are.",
    )


class Message(Aggregate):
    """What one person was told about one event. `about` is the person the event is about.

    From `useless_after` on it is still in the inbox, but no longer worth sending.
    """

    collection: ClassVar[str] = "messages"

    person: Id
    about: Id
    event: Id
    event_type: str
    occurred: Moment
    audience: Audience
    template: Code
    kind: Kind
    urgency: Urgency
    facts: dict[str, Fact] = Field(default_factory=dict)
    useless_after: Moment | None = None
    created: Moment
    read_at: Moment | None = None

    @classmethod
    def in_inbox_of(cls, reader: Actor, found: Self | None, id: str) -> Self:
        """`found`, where it is in this inbox. Raises NotFound `message_unknown`."""
        if found is None or not found.is_readable_by(reader):
            raise message_unknown(id)
        return found

    def is_readable_by(self, reader: Actor) -> bool:
        """Only by whom it is for, and what came with a role only while the role at that site lasts.

        Whoever is invited has no account: the id is the invitation's, and nobody signs in under it.
        """
        if self.audience is Audience.INVITED:
            return False
        role = ROLE.get(self.audience)
        return reader.person == self.person and (role is None or reader.holds(self.site, role))

    def read(self, *, now: datetime) -> None:
        """Note that it was read; the first time counts."""
        self.read_at = self.read_at or now
