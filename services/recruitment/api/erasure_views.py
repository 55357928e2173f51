"""What an erasure is asked with, and answered."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.erasing import Part, balance
from services.recruitment.domain.person import Erasure, Person
from shared.contracts.recruitment import ErasureReason


class ErasureBody(BaseModel):
    """Why; whoever asks for their own needs to say nothing."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "consent_withdrawn"}]}
    )

    reason: ErasureReason = ErasureReason.ASKED_FOR


_ERASED: dict[str, Any] = {
    "person": "robin",
    "erasure": {"by": "leeds-pat", "at": "2026-03-02T09:00:00Z", "reason": "asked_for"},
    "version": 4,
}


class ErasedView(BaseModel):
    """That a person was erased, by whom, when and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ERASED]})

    person: str
    erasure: Erasure | None
    version: int

    @classmethod
    def of(cls, person: Person) -> Self:
        """From the aggregate."""
        return cls(person=person.id, erasure=person.erasure, version=person.version)


class ErasurePreview(ErasedView):
    """What an erasure would take from here and what it would leave; other services erase their copies with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person": "robin",
                    "erasure": None,
                    "version": 3,
                    "goes": [
                        {"what": "text", "count": 1, "why": "All that was written: its key is destroyed."}
                    ],
                    "stays": [
                        {"what": "consents", "count": 1, "why": "So that it can be shown what was agreed to."}
                    ],
                }
            ]
        }
    )

    goes: tuple[Part, ...]
    stays: tuple[Part, ...]

    @classmethod
    def before(cls, person: Person, applications: Sequence[Candidacy]) -> Self:
        """As things stand."""
        parts = balance(person, applications)
        return cls(**ErasedView.of(person).model_dump(), goes=parts.goes, stays=parts.stays)
