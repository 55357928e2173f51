"""What helps a person to take part, and what they asked for."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples_learning as examples
from services.training.api.views.examples import example
from services.training.api.views.words import are_erased, words
from services.training.domain.help import HelpRequest
from services.training.domain.support import ExtraTime, Support
from shared.contracts.envelope import Moment


class AdaptationsView(BaseModel):
    """For the person and for those who run things: never for whoever decides about a certificate."""

    model_config = example(examples.ADAPTATIONS)
    enrolment: str
    needs: tuple[str, ...]
    language: str | None
    extra_time: ExtraTime | None
    version: int

    @classmethod
    def of(cls, support: Support) -> Self:
        """As it stands."""
        return cls(**support.model_dump(include=set(cls.model_fields)))


class HelpSummary(BaseModel):
    """One request in a list."""

    model_config = example(examples.HELP_SUMMARY)
    help: str
    enrolment: str
    person: str
    site: str
    topic: str
    state: str
    asked: Moment
    version: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls(help=row["_id"], **{name: row[name] for name in cls.model_fields if name in row})


class HelpView(HelpSummary):
    """One request. What was written is only read, never repeated in a command's answer, which is kept."""

    model_config = example(examples.HELP)
    closed: Moment | None
    answered_by: str | None
    question: str | None
    answer: str | None
    erased: bool

    @classmethod
    def of(cls, request: HelpRequest, *, with_text: bool = False) -> Self:
        """As it stands."""
        return cls(
            help=request.id,
            **request.model_dump(include=set(cls.model_fields) - {"help", "question", "answer"}),
            question=words(request.text, lambda it: it.question) if with_text else None,
            answer=words(request.answered, lambda it: it.answer) if with_text else None,
            erased=are_erased(request.text, request.answered),
        )
