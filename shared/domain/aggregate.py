"""The base of every aggregate: state that changes by its own rules, and says what happened.

A rule is a method: it checks, changes the state and records events. It does no I/O; time, ids and randomness
are passed in. Whoever loaded the aggregate saves it with its events in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import EventData

_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "peerpath")


def stable_id(*parts: str) -> str:
    """The same id for the same parts, for ever: lets a repeated event find what the first one made."""
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))


@dataclass(frozen=True, kw_only=True)
class Timer:
    """An event to this service itself at a later time; `name` is unique within its aggregate."""

    name: str
    due: datetime
    event: EventData


class Value(BaseModel):
    """A part of an aggregate: compared by its content, never changed in place."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Aggregate(BaseModel):
    """One document, changed as a whole. `version` counts what was announced and guards against lost updates."""

    # Slots, not pydantic's private attributes: those are read through a Python `__getattr__`, which would be the
    # dearest part of a batch of reactions.
    __slots__ = ("_destroyed", "_forgotten", "_raised", "_timers")
    if TYPE_CHECKING:
        _destroyed: str | None
        _forgotten: bool
        _raised: list[EventData]
        _timers: dict[str, Timer | None]

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    collection: ClassVar[str]

    id: str
    site: str
    version: int = 0
    last_event: str | None = None
    """The id of the latest event it announced: that of the next one sorts behind it, whatever the clocks say."""

    def model_post_init(self, _: object, /) -> None:
        """Begin with nothing announced."""
        object.__setattr__(self, "_destroyed", None)
        object.__setattr__(self, "_forgotten", False)
        object.__setattr__(self, "_raised", [])
        object.__setattr__(self, "_timers", {})

    @classmethod
    def rebuild(cls, document: Mapping[str, Any]) -> Self:
        """The way in from storage only; creating goes through a named classmethod that applies the rules."""
        state = dict(document)
        state["id"] = state.pop("_id")
        return cls.model_validate(state)

    def document(self) -> dict[str, Any]:
        """The document to store: `_id`, `version` and the state."""
        state = self.model_dump(mode="python")
        state["_id"] = state.pop("id")
        return state

    def record(self, event: EventData) -> None:
        """Announce what just happened; it is published if, and only if, the change is saved."""
        self._raised.append(event)

    def schedule(self, name: str, due: datetime, event: EventData) -> None:
        """Send `event` to this service at `due`; the same name again replaces the earlier timer."""
        self._timers[name] = Timer(name=name, due=due, event=event)

    def cancel(self, name: str) -> None:
        """Take a timer back. One already on its way still arrives, so the rule it meets must check the state."""
        self._timers[name] = None

    def forget(self) -> None:
        """Delete the document when the change is saved, as when a person is erased.

        Only for what announces nothing: the events of a later document with the same id would begin at sequence 1
        again, and be taken for repetitions.
        """
        object.__setattr__(self, "_forgotten", True)

    @property
    def forgotten(self) -> bool:
        """Is the document to be deleted?"""
        return self._forgotten

    def whose_text(self) -> str:
        """The id of the person whom its sealed text is about, and by whose key it is sealed."""
        person: str = getattr(self, "person")  # noqa: B009 - most aggregates with text have one; this base has none
        return person

    def destroy_key_of(self, person: str) -> None:
        """Destroy the person's key when the change is saved: nobody reads any sealed text about them again.

        Nor is new text about them kept from then on: it is dropped where it would be sealed.
        """
        object.__setattr__(self, "_destroyed", person)

    @property
    def destroyed_key(self) -> str | None:
        """Whose key is to be destroyed, if anybody's."""
        return self._destroyed

    @property
    def raised(self) -> tuple[EventData, ...]:
        """What was recorded since the aggregate was loaded or made, in order."""
        return tuple(self._raised)

    @property
    def timers(self) -> Mapping[str, Timer | None]:
        """Timers set (or, with None, cancelled) since the aggregate was loaded or made."""
        return self._timers

    def take_raised(self) -> tuple[tuple[EventData, ...], Mapping[str, Timer | None]]:
        """Hand over what was recorded, once; for whoever saves the aggregate."""
        taken = (tuple(self._raised), dict(self._timers))
        self._raised.clear()
        self._timers.clear()
        return taken
