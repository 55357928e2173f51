"""What is answered about imports: numbers, codes and remedies, and never what a cell says."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from services.recruitment.domain.importing.imported import FaultAt, Import, State
from shared.contracts.envelope import Moment

PROBLEMS = {
    "import_rows_gone": "Its rows were kept for a week and are gone. Send the file again: who is imported is known.",
    "import_met_others": "Others entered the same people at the same moment. Start it again.",
    "import_failed": "Something went wrong on our side; it was written to the log. Start it again, or undo it.",
}


class FaultView(BaseModel):
    """What is wrong, where, and what to do."""

    row: int = Field(description="As a spreadsheet shows it: the titles are row 1.")
    column: str
    code: str
    remedy: str

    @classmethod
    def of(cls, at: FaultAt) -> Self:
        """From the aggregate."""
        return cls(row=at.row, column=at.fault.column, code=at.fault.code, remedy=at.fault.remedy)


class ImportView(BaseModel):
    """An import: what the file holds, and how far it is. The first 50 errors are shown, all of them counted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f2c0-0000-7000-8000-000000000003",
                    "site": "leeds",
                    "programme": "core",
                    "state": "checked",
                    "rows": 120,
                    "done": 1,
                    "outcomes": {"ready": 119, "faulty": 1},
                    "errors": {"email_invalid": 1},
                    "first_errors": [
                        {
                            "row": 14,
                            "column": "email",
                            "code": "email_invalid",
                            "remedy": "This is no e-mail address; correct it.",
                        }
                    ],
                    "announce": False,
                    "problem": None,
                    "remedy": None,
                    "made_by": "leeds-carla",
                    "made": "2026-03-02T09:00:00Z",
                    "started_by": None,
                    "undone_by": None,
                    "kept_until": "2026-03-09T09:00:00Z",
                    "version": 1,
                }
            ]
        }
    )

    id: str
    site: str
    programme: str
    state: State
    rows: int
    done: int = Field(description="Rows that nothing more is to be done about.")
    outcomes: dict[str, int]
    errors: dict[str, int]
    first_errors: list[FaultView]
    announce: bool
    problem: str | None
    remedy: str | None
    made_by: str
    made: Moment
    started_by: str | None
    undone_by: str | None
    kept_until: Moment
    version: int

    @classmethod
    def of(cls, found: Import) -> Self:
        """From the aggregate."""
        return cls(
            id=found.id,
            site=found.site,
            programme=found.programme,
            state=found.state,
            rows=found.rows,
            done=found.done,
            outcomes=found.outcomes,
            errors=found.codes,
            first_errors=[FaultView.of(one) for one in found.first_faults],
            announce=found.announce,
            problem=found.problem,
            remedy=PROBLEMS.get(found.problem or ""),
            made_by=found.by,
            made=found.made,
            started_by=found.started_by,
            undone_by=found.undone_by,
            kept_until=found.keep_until,
            version=found.version,
        )
