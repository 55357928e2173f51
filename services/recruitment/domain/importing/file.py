"""A whole file, checked: every row with what would become of it."""

from dataclasses import dataclass, field
from datetime import datetime

from services.recruitment.domain.consents import Consents
from services.recruitment.domain.importing.faults import Fault
from services.recruitment.domain.importing.row import ImportRow, Outcome, RowText, row_id
from services.recruitment.domain.importing.rows import Read, read_row
from services.recruitment.domain.importing.sheet import SheetRow, read_sheet
from shared.domain.sealed import Sealed


@dataclass(frozen=True, kw_only=True)
class Key:
    """By what a row is known again: at a site and in a programme each is there once."""

    email_key: str
    external_id: str | None


@dataclass(frozen=True)
class Taken:
    """Addresses and external ids that have an application."""

    emails: frozenset[str] = frozenset()
    external_ids: frozenset[str] = frozenset()

    def by(self, key: Key) -> Fault | None:
        """Why a row with this key would be another application of the same person; None where it would not."""
        if key.external_id is not None and key.external_id in self.external_ids:
            return Fault(column="external_id", code="external_id_already_there")
        if key.email_key in self.emails:
            return Fault(column="email", code="email_already_there")
        return None


def key_of(read: Read) -> Key:
    """By what this row is known again."""
    return Key(email_key=read.contact.email_key, external_id=read.external_id)


@dataclass
class CheckedFile:
    """The rows in order, and the key of each that can be imported, by its place in `rows`."""

    rows: list[ImportRow] = field(default_factory=list)
    keys: dict[int, Key] = field(default_factory=dict)

    def found_there(self, taken: Taken) -> None:
        """Some are there already: these rows are not imported, and need no text any more."""
        for place, key in self.keys.items():
            if fault := taken.by(key):
                known = self.rows[place].becomes(Outcome.ALREADY_THERE, fault)
                self.rows[place] = known.model_copy(update={"text": None})


def check_file(content: bytes, *, import_id: str, consents: Consents, now: datetime) -> CheckedFile:
    """Every row by the rules of the form, and against the rows before it. Raises as `read_sheet`."""
    checked = CheckedFile()
    emails: set[str] = set()
    external_ids: set[str] = set()
    for place, row in enumerate(read_sheet(content)):
        read = _read(row, consents, now)
        if isinstance(read, Read):
            key = key_of(read)
            twice = tuple(_twice(key, emails, external_ids))
            emails.add(key.email_key)
            external_ids.update(filter(None, [key.external_id]))
            read = twice or read
        if isinstance(read, Read):
            checked.keys[place] = key_of(read)
        checked.rows.append(_row(row, place, read, import_id))
    return checked


def _read(row: SheetRow, consents: Consents, now: datetime) -> Read | tuple[Fault, ...]:
    if row.ragged:
        return (Fault(column="", code="row_too_long"),)
    return read_row(row.cells, consents=consents, now=now)


def _twice(key: Key, emails: set[str], external_ids: set[str]) -> list[Fault]:
    faults = []
    if key.email_key in emails:
        faults.append(Fault(column="email", code="email_twice_in_file"))
    if key.external_id in external_ids:
        faults.append(Fault(column="external_id", code="external_id_twice_in_file"))
    return faults


def _row(row: SheetRow, place: int, read: Read | tuple[Fault, ...], import_id: str) -> ImportRow:
    if isinstance(read, tuple):
        return ImportRow(number=row.number, outcome=Outcome.FAULTY, faults=read, text=None)
    return ImportRow(
        number=row.number,
        outcome=Outcome.READY,
        person=row_id(import_id, "person", place),
        candidate=row_id(import_id, "candidate", place),
        text=Sealed.of(RowText(cells=row.cells)),
    )
