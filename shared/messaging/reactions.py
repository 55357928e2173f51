"""The table of a service's reactions: event type -> aggregates to load -> pure function.

`on` is the common row: one event changes one aggregate. `react` is the general one: an event names the
aggregates to read and returns those to save. `ignore` says why a type that arrives needs no reaction, and
`ignore_rest` says it of all that is left of a topic. `on_tombstone` is for compacted topics: what was known under
a key is to be forgotten.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from shared.contracts.envelope import EVENTS, Envelope, EventData
from shared.domain.aggregate import Aggregate

E = TypeVar("E", bound=EventData)
A = TypeVar("A", bound=Aggregate)
Ref = tuple[type[Aggregate], str]


class Found(Protocol):
    """The aggregates a reaction asked for."""

    def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate, or None where there is none yet."""
        ...


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a reaction may know beside the event and its aggregates."""

    now: datetime
    envelope: Envelope

    @property
    def event_id(self) -> str:
        """The event's id, the same however often it is delivered."""
        return self.envelope.id


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One row: for this type of event, load these aggregates and save those that `do` returns."""

    event: type[EventData]
    loads: Callable[[Any], Sequence[Ref]]
    do: Callable[[Any, Found, Context], Iterable[Aggregate]]


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One row: when a key of a compacted topic is deleted, load these aggregates and save those that `do` returns."""

    topic: str
    loads: Callable[[str], Sequence[Ref]]
    do: Callable[[str, Found, datetime], Iterable[Aggregate]]


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A type of event that arrives and needs no reaction, with the reason."""

    event: type[EventData]
    because: str


def on(
    event: type[E],
    kind: type[A],
    *,
    id: Callable[[E], str],
    do: Callable[[A | None, E, Context], A | None],
) -> Reaction:
    """One event, one aggregate: `do` gets it (None where there is none) and returns it, or None for no change."""

    def loads(data: E) -> Sequence[Ref]:
        return ((kind, id(data)),)

    def decide(data: E, found: Found, context: Context) -> Iterable[Aggregate]:
        changed = do(found.get(kind, id(data)), data, context)
        return () if changed is None else (changed,)

    return Reaction(event=event, loads=loads, do=decide)


def react(
    event: type[E],
    *,
    loads: Callable[[E], Sequence[Ref]],
    do: Callable[[E, Found, Context], Iterable[Aggregate]],
) -> Reaction:
    """One event, any number of aggregates: those of `loads` are at hand, those that `do` returns are saved."""
    return Reaction(event=event, loads=loads, do=do)


def on_tombstone(
    topic: str,
    *,
    loads: Callable[[str], Sequence[Ref]],
    do: Callable[[str, Found, datetime], Iterable[Aggregate]],
) -> Erasure:
    """A key of a compacted topic is deleted: `do` gets the key, what `loads` asked for, and the time.

    An aggregate it returns after `forget()` is deleted, any other is saved.
    """
    return Erasure(topic=topic, loads=loads, do=do)


def ignore(event: type[EventData], *, because: str) -> Ignored:
    """Say why a type of event needs no reaction here."""
    return Ignored(event=event, because=because)


def ignore_rest(*but: type[EventData], because: str) -> tuple[Ignored, ...]:
    """Say once why nothing but these events of a topic concerns a service; what is added later falls under it too.

    Raises:
        ValueError: these are of several topics.
    """
    topics = {event.facts.topic for event in but}
    if len(topics) != 1:
        raise ValueError(f"events of one topic are needed, not of {', '.join(sorted(topics)) or 'none'}")
    rest = (event for event in EVENTS.values() if event.facts.topic in topics and event not in but)
    return tuple(ignore(event, because=because) for event in rest)


class Reactions:
    """All rows of one service.

    Raises:
        ValueError: a type has two rows.
    """

    def __init__(self, *rows: Reaction | Erasure | Ignored) -> None:
        erasures = [row for row in rows if isinstance(row, Erasure)]
        others = [row for row in rows if not isinstance(row, Erasure)]
        self._rows: Mapping[str, Reaction | Ignored] = {row.event.facts.type: row for row in others}
        self._erasures: Mapping[str, Erasure] = {row.topic: row for row in erasures}
        if len(self._rows) + len(self._erasures) != len(rows):
            raise ValueError(
                "a type of event, or a topic's tombstones, has two rows in the table of reactions"
            )

    def of(self, type: str) -> Reaction | None:
        """The reaction to a type of event; None where it is ignored or unknown."""
        row = self._rows.get(type)
        return row if isinstance(row, Reaction) else None

    def erasure(self, topic: str) -> Erasure | None:
        """What a tombstone on this topic asks for; None where it asks for nothing."""
        return self._erasures.get(topic)

    @property
    def reacted_to(self) -> frozenset[str]:
        """Every type with a reaction."""
        return frozenset(name for name, row in self._rows.items() if isinstance(row, Reaction))

    @property
    def types(self) -> frozenset[str]:
        """Every type with a row, reactions and stated reasons alike."""
        return frozenset(self._rows)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to subscribe to: those of every type that has a reaction."""
        heard = {row.event.facts.topic for row in self._rows.values() if isinstance(row, Reaction)}
        return tuple(sorted(heard | set(self._erasures)))

    def without_row(self, topics: Sequence[str] | None = None) -> list[str]:
        """Known types on the given (or subscribed) topics that have neither reaction nor reason."""
        heard = self.topics if topics is None else topics
        return sorted(
            name for name, data in EVENTS.items() if data.facts.topic in heard and name not in self._rows
        )
