"""The envelope every event travels in, and the base of every event's data.

Shapes follow CloudEvents 1.0 (https://github.com/cloudevents/spec) in binary mode over Kafka: each attribute
is a `ce_*` header, the data is JSON in the value. Extensions used: `partitionkey` (CloudEvents' Partitioning
extension), `sequence` (Sequence extension: a whole number, padded so that it also sorts as text),
`traceparent` (Distributed Tracing extension) and our own `siteid`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

SCHEMA_NAMES = "urn:peerpath:schema:"
"""What the name of every event's JSON Schema begins with: absolute, for ever, and needing no network."""

SEQUENCE_DIGITS = 20
"""As many as the largest 64-bit number has."""

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Far beyond any life the platform deals with, and well within what every store and clock can hold."""


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset from UTC")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies in the years 1900 to 2199") from None
    if not EARLIEST <= moment < LATEST:
        raise ValueError("a time lies in the years 1900 to 2199")
    # MongoDB keeps milliseconds: anything finer would not be found again as it was written.
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A point in time: aware, in UTC, in whole milliseconds, in the years 1900 to 2199."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
"""An opaque identifier: a UUID, or a code such as a site's."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
"""A value from a list somebody published, never free text."""


class Privacy(StrEnum):
    """How much an event tells about a person, for whoever decides who may subscribe."""

    OPERATIONAL = "operational"
    """Ids, times and counts: nothing about how a person is doing."""
    PERSONAL = "personal"
    """A fact about an identified person, such as an outcome or a credential."""
    RESTRICTED = "restricted"
    """A fact only named handlers should see, such as a concern."""
    CONTACT = "contact"
    """Names and addresses; only on the contacts topic."""


@dataclass(frozen=True, kw_only=True)
class EventFacts:
    """What is fixed about one type of event.

    `meaning` is one sentence for somebody outside: what has happened when this event is seen.
    """

    type: str
    topic: str
    source: str
    privacy: Privacy
    meaning: str

    @property
    def dataschema(self) -> str:
        """The stable name of the JSON Schema of the data, which is also the schema's `$id` (an absolute URI)."""
        return f"{SCHEMA_NAMES}{self.type}"


class EventData(BaseModel):
    """The data of one event: frozen, and open to fields it does not know yet.

    Additive changes are new optional fields with a default; anything else is a new version beside this one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    facts: ClassVar[EventFacts]

    site: Id = Field(
        description="The site the event belongs to; whoever works for another site never sees it."
    )

    def partition_key(self) -> str:
        """The key that keeps order: events of one key are seen in order by every consumer."""
        raise NotImplementedError

    def subject_of(self, aggregate: str) -> str:
        """What its sequence is counted for: the aggregate that announces it, by its id.

        Consumers take what is not newer, of one subject, for a repetition. So all events of a subject have one key:
        an aggregate whose events have several gives each key a subject of its own.
        """
        return aggregate


class PersonEvent(EventData):
    """Something that happened to, or was done for, one person; ordered per person."""

    person: Id = Field(description="The person's id, the same in every service for life.")

    def partition_key(self) -> str:
        """The person's id."""
        return self.person


class Tombstone(PersonEvent):
    """The end of all that a compacted topic says about a person: it travels as a null under their key."""


class Envelope(BaseModel):
    """The CloudEvents attributes of one event."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: Id
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    subject: str = Field(min_length=1, description="The aggregate (or timer) the event is about.")
    time: Moment
    dataschema: str
    partitionkey: str = Field(min_length=1)
    sequence: int = Field(
        ge=0,
        description="A whole number in 20 decimal digits, zeros in front: compare it as a number (or as text, which "
        "comes to the same). Rises with every event of the same subject; gaps are allowed.",
    )
    siteid: str
    traceparent: str | None = None


EVENTS: dict[str, type[EventData]] = {}
"""Every type of event of the platform, by its CloudEvents `type`."""

E = TypeVar("E", bound=EventData)


def event(
    name: str, *, topic: str, privacy: Privacy, meaning: str, version: int = 1
) -> Callable[[type[E]], type[E]]:
    """Declare a type of event, e.g. `event("recruitment.candidate.applied", topic=..., ...)`.

    Raises:
        ValueError: the name is not `<service>.<subject>.<action>` or is declared twice.
    """
    parts = name.split(".")
    if len(parts) != 3:
        raise ValueError(f"event {name!r}: the name is <service>.<subject>.<action>")
    full = f"peerpath.{name}.v{version}"
    if full in EVENTS:
        raise ValueError(f"event {full!r} is declared twice")

    def declare(data: type[E]) -> type[E]:
        data.facts = EventFacts(
            type=full, topic=topic, source=f"/peerpath/{parts[0]}", privacy=privacy, meaning=meaning
        )
        EVENTS[full] = data
        return data

    return declare


def sequence_text(sequence: int) -> str:
    """A sequence as it travels: the CloudEvents Sequence extension asks that it sorts as text."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"
