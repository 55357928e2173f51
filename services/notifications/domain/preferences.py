"""What a person wants to be sent. The inbox always has everything."""

from collections.abc import Iterable
from typing import ClassVar, Self

from services.notifications.domain.audience import Channel, Kind, Urgency
from shared.contracts.envelope import Id
from shared.domain.aggregate import Aggregate, Value, stable_id


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
        """Replace all choices."""
        self.muted = tuple(dict.fromkeys(muted))

    def wants(self, kind: Kind, channel: Channel, urgency: Urgency) -> bool:
        """Is a message of this kind to be sent this way? A legal notice always is."""
        return urgency is Urgency.LEGAL or Mute(kind=kind, channel=channel) not in self.muted
