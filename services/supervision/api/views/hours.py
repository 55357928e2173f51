"""Hours as they are shown."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.supervision.api.views.warnings import Warn
from services.supervision.domain.hours import HoursEntry, HoursState
from services.supervision.domain.placement import Placement
from shared.contracts.envelope import Moment

EXAMPLE: dict[str, Any] = {
    "entry": "entry-1",
    "bucket": "peer_support",
    "hours": 3.5,
    "worked_on": "2026-03-02",
    "corrects": None,
    "state": "reported",
    "decided_by": None,
    "decided": None,
    "note": None,
    "return_reason": None,
}


class HoursLine(BaseModel):
    """One entry; note and reason are there for the mentor and the supervisor only."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    entry: str
    bucket: str
    hours: float
    worked_on: str
    corrects: str | None
    state: HoursState
    decided_by: str | None
    decided: Moment | None
    note: str | None = None
    return_reason: str | None = None
    erased: bool = False
    """Was there text that is gone, with the mentor's key?"""

    @classmethod
    def of(cls, entry: HoursEntry, *, with_text: bool) -> Self:
        """One entry, with or without what was written."""
        shown = {"bucket", "hours", "worked_on", "corrects", "state", "decided_by", "decided"}
        text = entry.text.read() if with_text else None
        return cls(
            **entry.model_dump(include=shown),
            entry=entry.id,
            note=text.note if text else None,
            return_reason=_return_reason(entry) if with_text else None,
            erased=entry.text.erased,
        )


def _return_reason(entry: HoursEntry) -> str | None:
    if entry.returned is None:
        return ""
    returned = entry.returned.read()
    return returned.reason if returned else None


class HoursAnswer(HoursLine):
    """An entry was reported or decided; `total` is the sum of approved hours now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE, "placement": "placement-1", "total": 12.5, "warnings": [], "version": 8}]
        }
    )
    placement: str
    total: float
    warnings: list[Warn]
    version: int

    @classmethod
    def about(cls, placement: Placement, entry: HoursEntry, *, warnings: list[Warn]) -> Self:
        """The entry as it stands, without what was written."""
        return cls(
            **HoursLine.of(entry, with_text=False).model_dump(),
            placement=placement.id,
            total=placement.hours.approved,
            warnings=warnings,
            version=placement.version,
        )
