"""Some rows of an import, which are brought in, or taken out again, in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Self

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.entered import Entered
from services.recruitment.domain.importing.file import Taken, key_of
from services.recruitment.domain.importing.row import ImportRow, Outcome
from services.recruitment.domain.importing.rows import Read, read_row
from services.recruitment.domain.person import Person
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate

ROWS = 200
"""In one part; see docs/decisions/0022-imports.md."""

KEPT_DAYS = 7


class ImportPart(Aggregate):
    """Rows in the order of the file. It is gone with its import, some days after that is done."""

    collection: ClassVar[str] = "import_parts"

    import_id: Id
    programme: Code
    place: int
    rows: tuple[ImportRow, ...]
    keep_until: Moment

    @classmethod
    def id_of(cls, import_id: str, place: int) -> str:
        """The id of one part."""
        return f"{import_id}.{place:03}"

    def whose_text(self) -> str:
        """Its own key seals its rows: a row is nobody's yet, and of a whole part the text goes at once."""
        return self.id

    def read(self, *, consents: Consents, now: datetime) -> Mapping[int, Read]:
        """What each row that waits says, by its place here; one that the form would refuse by now is faulty."""
        found: dict[int, Read] = {}
        for place, row in enumerate(self.rows):
            text = row.text.read() if row.text else None
            if row.outcome is Outcome.READY and text is not None:
                read = read_row(text.cells, consents=consents, now=now)
                if isinstance(read, Read):
                    found[place] = read
                else:
                    self._becomes(place, row.becomes(Outcome.FAULTY, *read))
        return found

    def bring_in(
        self,
        reads: Mapping[int, Read],
        taken: Taken,
        *,
        by: str,
        announce: bool,
        consents: Consents,
        now: datetime,
    ) -> Iterator[tuple[Person, Candidate]]:
        """Each row that was read becomes a person with an application, unless that is there already.

        No row has text any more then, so the key of it goes too: what a backup holds of it is never read again.
        """
        self.destroy_key_of(self.id)
        for place, read in reads.items():
            row = self.rows[place]
            if fault := taken.by(key_of(read)):
                self._becomes(place, row.becomes(Outcome.ALREADY_THERE, fault))
                continue
            self._becomes(place, row.becomes(Outcome.IMPORTED))
            yield self._made(row, read, by=by, announce=announce, consents=consents, now=now)

    def taken_out(self, kept: frozenset[str]) -> None:
        """What was brought in is out again, but for those candidates."""
        for place, row in enumerate(self.rows):
            if row.outcome is Outcome.IMPORTED:
                stays = row.candidate in kept
                self._becomes(place, row.becomes(Outcome.KEPT if stays else Outcome.TAKEN_OUT))

    @property
    def imported(self) -> list[ImportRow]:
        """The rows that are an application now."""
        return [row for row in self.rows if row.outcome is Outcome.IMPORTED]

    def outcomes(self) -> Counter[str]:
        """How many rows came to what."""
        return Counter(row.outcome.value for row in self.rows)

    def _becomes(self, place: int, row: ImportRow) -> None:
        without_text = row.model_copy(update={"text": None})
        self.rows = (*self.rows[:place], without_text, *self.rows[place + 1 :])

    def _made(
        self, row: ImportRow, read: Read, *, by: str, announce: bool, consents: Consents, now: datetime
    ) -> tuple[Person, Candidate]:
        assert row.person is not None
        assert row.candidate is not None
        person = Person.applying(None, row.person, site=self.site, contact=read.contact)
        candidate = Candidate.apply(
            id=row.candidate,
            person=person,
            site=self.site,
            programme=self.programme,
            application=read.application,
            # As from the form without an account: an address has one at a site, whatever arrives at the same moment.
            anonymous=True,
            consents=consents,
            now=now,
            entered=Entered(by=by, imported_in=self.import_id, external_id=read.external_id),
            announce=announce,
        )
        return person, candidate

    @classmethod
    def cut(
        cls, rows: list[ImportRow], *, import_id: str, site: str, programme: str, keep_until: datetime
    ) -> list[Self]:
        """The rows in parts."""
        return [
            cls(
                id=cls.id_of(import_id, place),
                site=site,
                import_id=import_id,
                programme=programme,
                place=place,
                rows=tuple(rows[first : first + ROWS]),
                keep_until=keep_until,
            )
            for place, first in enumerate(range(0, len(rows), ROWS))
        ]
