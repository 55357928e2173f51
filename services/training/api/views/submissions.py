"""What a person hands in for a trainer to decide: prior learning and continuing education."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples_learning as examples
from services.training.api.views.examples import example
from services.training.api.views.words import are_erased, words
from services.training.domain.education import EducationEntry, EducationState
from services.training.domain.enrolment import Enrolment
from services.training.domain.recognition import Recognition, RecognitionState
from shared.contracts.envelope import Moment


class RecognitionView(BaseModel):
    """One request. What was written is only read, never repeated in a command's answer, which is kept."""

    model_config = example(examples.RECOGNITION)
    recognition: str
    module: str
    part: str | None
    state: str
    asked: Moment
    documents: tuple[str, ...]
    hours: float | None
    decided_by: str | None
    decided: Moment | None
    evidence: str | None
    reason: str | None
    would_help: str | None
    erased: bool

    @classmethod
    def of(cls, one: Recognition, *, with_text: bool) -> Self:
        """As it stands."""
        return cls(
            recognition=one.id,
            **one.model_dump(exclude={"id", "text", "why"}),
            evidence=words(one.text, lambda it: it.evidence) if with_text else None,
            reason=words(one.why, lambda it: it.reason) if with_text else None,
            would_help=words(one.why, lambda it: it.would_help) if with_text else None,
            erased=are_erased(one.text, one.why),
        )


class RecognitionsView(BaseModel):
    """Everything a person asked to have recognised, oldest first."""

    model_config = example(examples.RECOGNITIONS)
    enrolment: str
    items: tuple[RecognitionView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, *, with_text: bool = False) -> Self:
        """As they stand."""
        asked = enrolment.learning.recognitions
        items = tuple(RecognitionView.of(one, with_text=with_text) for one in asked)
        return cls(enrolment=enrolment.id, items=items, version=enrolment.version)


class EducationView(BaseModel):
    """One course. What was written is only read, never repeated in a command's answer, which is kept."""

    model_config = example(examples.COURSE)
    education: str
    provider: str
    day: str
    hours: float
    bucket: str
    corrects: str | None
    submitted: Moment
    state: str
    decided_by: str | None
    decided: Moment | None
    title: str | None
    return_reason: str | None
    erased: bool

    @classmethod
    def of(cls, entry: EducationEntry, *, with_text: bool) -> Self:
        """As it stands."""
        return cls(
            education=entry.id,
            **entry.model_dump(exclude={"id", "text", "why"}),
            title=words(entry.text, lambda it: it.title) if with_text else None,
            return_reason=words(entry.why, lambda it: it.reason) if with_text else None,
            erased=are_erased(entry.text, entry.why),
        )


class EducationsView(BaseModel):
    """Every course a person reported, oldest first."""

    model_config = example(examples.EDUCATION)
    enrolment: str
    items: tuple[EducationView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, *, with_text: bool = False) -> Self:
        """As they stand."""
        entries = enrolment.education.entries
        items = tuple(EducationView.of(entry, with_text=with_text) for entry in entries)
        return cls(enrolment=enrolment.id, items=items, version=enrolment.version)


class SubmissionsView(BaseModel):
    """What waits for a trainer at one enrolment: ids to look up there."""

    model_config = example(examples.SUBMISSIONS)
    enrolment: str
    person: str
    site: str
    since: Moment
    recognitions: tuple[str, ...]
    education: tuple[str, ...]

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        asked, courses = row["learning"]["recognitions"], row["education"]["entries"]
        return cls(
            enrolment=row["_id"],
            person=row["person"],
            site=row["site"],
            since=row["trainer_awaited_since"],
            recognitions=tuple(r["id"] for r in asked if r["state"] == RecognitionState.ASKED),
            education=tuple(e["id"] for e in courses if e["state"] == EducationState.SUBMITTED),
        )
