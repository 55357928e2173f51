"""What a person did beside somebody: shadowing a certified mentor, or practice under supervision in a module."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from services.training.domain.hours_of_day import must_be_possible
from services.training.domain.module import Delivery, Module
from services.training.domain.reason import ReasonText, sealed
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.sealed import Sealed

LogKind = Literal[Delivery.SHADOWING, Delivery.SUPERVISED_PRACTICE]
LONGEST_DAY = 12.0


class LogState(StrEnum):
    """What became of an entry."""

    LOGGED = "logged"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


class LogText(Value):
    """What the person noted. Sensitive: it is in no event."""

    note: str = Field(min_length=1)


class LogDraft(Value):
    """What the person writes down: beside whom, which day, how many hours."""

    module: Code
    kind: LogKind
    beside: Id
    day: date
    hours: float
    note: str = ""

    def must_fit(self, module: Module, *, person: str, now: datetime) -> None:
        """Raises Invalid `log_kind_not_offered`, `log_beside_oneself` or what `must_be_possible` raises."""
        if self.kind not in module.delivery:
            kind = self.kind.value.replace("_", " ")
            raise Invalid("log_kind_not_offered", f"{module.title} has no {kind}; choose a module that has.")
        if self.beside == person:
            raise Invalid("log_beside_oneself", "Please name the person whom you were with.")
        must_be_possible(self.hours, self.day, at_most=LONGEST_DAY, now=now)


class PracticeLog(Value):
    """One day; `day` is an ISO 8601 date. Decided once, by the person it names, who says `why` it is returned."""

    id: Id
    module: Code
    kind: LogKind
    beside: Id
    day: str
    hours: float
    logged: Moment
    state: LogState = LogState.LOGGED
    decided: Moment | None = None
    text: Sealed[LogText] | None = None
    why: Sealed[ReasonText] | None = None

    @classmethod
    def of(cls, draft: LogDraft, *, id: str, now: datetime) -> Self:
        """A draft as it is kept."""
        facts = draft.model_dump(include={"module", "kind", "beside", "hours"})
        text = Sealed.of(LogText(note=draft.note.strip())) if draft.note.strip() else None
        return cls(id=id, **facts, day=draft.day.isoformat(), logged=now, text=text)

    def confirmed(self, *, by: str, now: datetime) -> Self:
        """So it was. Raises Forbidden `log_of_another`, Conflict `log_already_decided`."""
        self._must_be_decided_by(by)
        return self.model_copy(update={"state": LogState.CONFIRMED, "decided": now})

    def returned(self, *, by: str, reason: str, now: datetime) -> Self:
        """Not quite so, and why. Raises as `confirmed`, and Invalid `reason_missing`."""
        self._must_be_decided_by(by)
        return self.model_copy(update={"state": LogState.RETURNED, "decided": now, "why": sealed(reason)})

    def _must_be_decided_by(self, by: str) -> None:
        if by != self.beside:
            raise Forbidden("log_of_another", "Only the person who was there confirms or returns this.")
        if self.state is not LogState.LOGGED:
            raise Conflict(
                "log_already_decided",
                f"This entry is {self.state.value} already. What was different goes into a further entry.",
            )
