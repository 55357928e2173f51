"""One row of an import, from the file to the application it became."""

from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5

from services.recruitment.domain.importing.faults import Fault
from shared.contracts.envelope import Id
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class Outcome(StrEnum):
    """What became of a row, or what would."""

    READY = "ready"
    FAULTY = "faulty"
    ALREADY_THERE = "already_there"
    IMPORTED = "imported"
    TAKEN_OUT = "taken_out"
    KEPT = "kept"
    """Not taken out when the import was undone: somebody had begun to work with it."""


class RowText(Value):
    """The cells as they were: all that is personal about a row."""

    cells: dict[str, str]


class ImportRow(Value):
    """A row by its number in the file. The text goes once it is imported: then the application has it."""

    number: int
    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    person: Id | None = None
    candidate: Id | None = None
    text: Sealed[RowText] | None

    def becomes(self, outcome: Outcome, *faults: Fault) -> Self:
        """The row with what came of it."""
        return self.model_copy(update={"outcome": outcome, "faults": faults})


def row_id(import_id: str, kind: str, number: int) -> str:
    """The id of what a row becomes: always the same, and it sorts by the time of the import and the row's number.

    A UUIDv7 (RFC 9562) with the import's time, the number where a counter may be, and the rest from the import's id.
    """
    rest = uuid5(UUID(import_id), kind).int & ((1 << 60) - 1)
    high, low = number >> 2, number & 3
    return str(
        UUID(int=(UUID(import_id).int >> 80 << 80) | 7 << 76 | high << 64 | 2 << 62 | low << 60 | rest)
    )
