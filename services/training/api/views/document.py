"""Documents as they are answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.api.views.words import are_erased, words
from services.training.domain.enrolment import Enrolment
from services.training.domain.evidence import Document, DocumentState
from shared.contracts.envelope import Moment


class DocumentView(BaseModel):
    """One document; its words are only read, not repeated in a command's answer."""

    number: int
    code: str
    way: str
    submitted: Moment
    state: DocumentState
    decided: Moment | None
    decided_by: str | None
    reference: str | None
    reason: str | None
    erased: bool

    @classmethod
    def of(cls, document: Document, *, with_text: bool) -> Self:
        """As it stands."""
        text, why = document.text, document.why
        return cls(
            **document.model_dump(exclude={"text", "why"}),
            reference=words(text, lambda it: it.reference) if with_text else None,
            reason=words(why, lambda it: it.reason) if with_text and why else None,
            erased=are_erased(text, why),
        )


class DocumentsView(BaseModel):
    """Everything that was submitted, in order."""

    model_config = examples.example(examples.DOCUMENTS)
    enrolment: str
    documents: tuple[DocumentView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, *, with_text: bool = False) -> Self:
        """As they stand."""
        return cls(
            enrolment=enrolment.id,
            documents=tuple(
                DocumentView.of(one, with_text=with_text) for one in enrolment.evidence.documents
            ),
            version=enrolment.version,
        )
