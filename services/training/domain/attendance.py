"""Who was in which session: entries that are only ever added, of which the latest counts."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value


class Presence(StrEnum):
    """How it was. Nothing here is a mark against anybody: it says what is left to do."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"
    MADE_UP = "made_up"
    """What was missed was gone through at another time."""


LEARNT = frozenset({Presence.PRESENT, Presence.MADE_UP})


class Entry(Value):
    """What a trainer says of one person in one session; `minutes` are 0 for whoever was not there."""

    presence: Presence
    minutes: int = Field(default=0, ge=0, le=1_440)


class Mark(Entry):
    """An entry with who made it and when."""

    session: Code
    person: Id
    by: Id
    at: Moment

    def says(self, entry: Entry) -> bool:
        """Is the entry nothing new?"""
        return (self.presence, self.minutes) == (entry.presence, entry.minutes)


class ModuleHours(Value):
    """What one person's attendance comes to for one module.

    `left` are the sessions that are still to be held, or to be made up. `hours` are suggested: a trainer signs them.
    """

    person: Id
    enrolment: Id
    module: Code
    hours: float
    left: tuple[Code, ...]

    @property
    def complete(self) -> bool:
        """Was the person in every session of the module, or has made it up?"""
        return not self.left
