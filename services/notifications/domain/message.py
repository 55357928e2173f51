"""One item in somebody's inbox: ids, codes and times; the words are found when it is shown."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from services.notifications.domain.audience import DUTY, Audience, Kind, Urgency
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import NotFound
from shared.domain.people import Actor

Fact = str | int | float | Moment


def message_id(event: str, person: str) -> str:
    """One message per event and person, however often the event is delivered."""
    return stable_id(event, person)


class Message(Aggregate):
    """What one person was told about one event. `about` is the person the event is about."""

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
    created: Moment
    read_at: Moment | None = None

    def must_be_readable_by(self, reader: Actor) -> None:
        """Only by whom it is for, and what came with a duty only while the duty at that site lasts.

        Raises:
            NotFound: `message_unknown`, whichever it is: nobody learns that it exists.
        """
        role = DUTY.get(self.audience)
        if reader.person == self.person and (role is None or reader.holds(self.site, role)):
            return
        raise NotFound(
            "message_unknown",
            f"There is no message {self.id} in your inbox. Read GET /v1/inbox for those there are.",
        )

    def read(self, reader: Actor, *, now: datetime) -> None:
        """Note that it was read; the first time counts. Raises what `must_be_readable_by` raises."""
        self.must_be_readable_by(reader)
        self.read_at = self.read_at or now
