"""An import as a whole: from a checked file to all of its people, or to none of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from services.recruitment.domain.importing.faults import Fault
from services.recruitment.domain.importing.part import KEPT_DAYS, ImportPart
from services.recruitment.domain.importing.row import ImportRow, Outcome
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict

SHOWN = 50
"""Faults that are shown at once; all are in the report."""

UNDONE_WITHIN = timedelta(hours=1)


class State(StrEnum):
    """Where an import is."""

    CHECKED = "checked"
    """A dry run: nothing is imported yet."""
    RUNNING = "running"
    STOPPED = "stopped"
    """It can't go on by itself; `problem` says why. It can be started again, or undone."""
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class FaultAt(Value):
    """A fault with the number of its row."""

    row: int
    fault: Fault


class Import(Aggregate):
    """The import of one file. Each step is saved with its part, so that what was done is done once."""

    collection: ClassVar[str] = "imports"

    programme: Code
    by: Id
    made: Moment
    keep_until: Moment
    state: State = State.CHECKED
    rows: int
    parts: int
    outcomes: dict[str, int]
    codes: dict[str, int]
    first_faults: tuple[FaultAt, ...]
    announce: bool = False
    next_part: int = 0
    started_by: Id | None = None
    last_step: Moment | None = None
    problem: Code | None = None
    undone_by: Id | None = None

    @classmethod
    def checked(
        cls,
        rows: Sequence[ImportRow],
        parts: int,
        *,
        id: str,
        site: str,
        programme: str,
        by: str,
        now: datetime,
    ) -> Self:
        """A dry run of these rows."""
        faulty = [row for row in rows if row.outcome is Outcome.FAULTY]
        faults = [FaultAt(row=row.number, fault=fault) for row in faulty for fault in row.faults]
        return cls(
            id=id,
            site=site,
            programme=programme,
            by=by,
            made=now,
            keep_until=now + timedelta(days=KEPT_DAYS),
            rows=len(rows),
            parts=parts,
            outcomes=dict(Counter(row.outcome.value for row in rows)),
            codes=dict(Counter(one.fault.code for one in faults)),
            first_faults=tuple(faults[:SHOWN]),
        )

    @property
    def done(self) -> int:
        """Rows that nothing more is to be done about."""
        return self.rows - self.outcomes.get(Outcome.READY.value, 0)

    @property
    def working(self) -> bool:
        """Is a worker to go on with it?"""
        return self.state in (State.RUNNING, State.UNDOING)

    def start(self, *, by: str, announce: bool, skip_errors: bool, now: datetime) -> None:
        """Bring the rows in, or go on with it where it stopped.

        `announce` has each person told that their application was received.

        Raises:
            Conflict: `import_has_errors` or `import_not_startable`.
        """
        if self.state is State.STOPPED and self.undone_by is None:
            self.state, self.problem = State.RUNNING, None
            return
        if self.state is not State.CHECKED:
            raise Conflict(
                "import_not_startable",
                f"This import is {self.state}; only one that is checked or stopped can be started.",
            )
        faulty = self.outcomes.get(Outcome.FAULTY.value, 0)
        if faulty and not skip_errors:
            raise Conflict(
                "import_has_errors",
                f"{faulty} rows have errors: correct the file and send it again, or start with skip_errors to "
                "leave these rows out.",
                faulty=faulty,
            )
        self.state, self.announce, self.started_by, self.last_step = State.RUNNING, announce, by, now

    def undo(self, *, by: str, touched: int, now: datetime) -> None:
        """Take everybody out again, as if the file had never been imported.

        `touched` is how many of the applications somebody has worked with.

        Raises:
            Conflict: `import_not_undoable`, `import_announced`, `import_too_old` or `import_touched`.
        """
        if self.state is State.STOPPED and self.undone_by is not None:
            self.state, self.problem = State.UNDOING, None
            return
        if self.state not in (State.DONE, State.STOPPED):
            raise Conflict("import_not_undoable", f"This import is {self.state}; wait until it is done.")
        if self.announce:
            raise Conflict(
                "import_announced",
                "These people were told that their application was received. Withdraw those that were not "
                "meant, with a reason.",
            )
        if self.last_step is None or now - self.last_step > UNDONE_WITHIN:
            raise Conflict(
                "import_too_old",
                "An import can be undone within an hour. Withdraw the applications that were not meant.",
            )
        if touched:
            raise Conflict(
                "import_touched",
                f"Somebody has begun to work with {touched} of these applications. Withdraw those that were not "
                "meant.",
                touched=touched,
            )
        self.state, self.problem, self.undone_by, self.next_part = State.UNDOING, None, by, 0

    def stepped(self, part: ImportPart, *, before: Counter[str], now: datetime) -> None:
        """The next part is in, or out again; `before` is what its rows had come to."""
        counted = Counter(self.outcomes)
        counted.subtract(before)
        counted.update(part.outcomes())
        self.outcomes = {outcome: count for outcome, count in counted.items() if count}
        self.next_part = part.place + 1
        self.last_step = now
        self.keep_until = part.keep_until = now + timedelta(days=KEPT_DAYS)
        if self.next_part == self.parts:
            self.state = State.DONE if self.state is State.RUNNING else State.UNDONE

    def stop(self, problem: str) -> None:
        """It can't go on."""
        self.state, self.problem = State.STOPPED, problem
