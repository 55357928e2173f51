"""What a person wants to be sent. The inbox always has everything."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Self

from services.notifications.domain.audience import Kind, Urgency
from shared.contracts.envelope import Id
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Invalid


class Channel(StrEnum):
    """A way to a person."""

    INBOX = "inbox"
    EMAIL = "email"


def preferences_id(person: str) -> str:
    """One set per person for life, so that it outlasts a second enrolment."""
    return stable_id("preferences", person)


class Mute(Value):
    """One kind of message not wanted on one channel."""

    kind: Kind
    channel: Channel


class Preferences(Aggregate):
    """A person's choices; no choices means everything. They hold at every site."""

    collection: ClassVar[str] = "preferences"

    site: str = "*"
    person: Id
    muted: tuple[Mute, ...] = ()

    @classmethod
    def of(cls, person: str) -> Self:
        """Nothing muted."""
        return cls(id=preferences_id(person), person=person)

    def choose(self, muted: Iterable[Mute]) -> None:
        """Replace all choices. Raises Invalid `inbox_cannot_be_muted`."""
        chosen = tuple(dict.fromkeys(muted))
        if any(mute.channel is Channel.INBOX for mute in chosen):
            raise Invalid(
                "inbox_cannot_be_muted",
                "The inbox keeps every message, so nothing is lost. Mute the channel email instead.",
            )
        self.muted = chosen

    def wants(self, kind: Kind, channel: Channel, urgency: Urgency) -> bool:
        """Is a message of this kind to be sent this way? A legal notice always is."""
        return urgency is Urgency.LEGAL or Mute(kind=kind, channel=channel) not in self.muted
