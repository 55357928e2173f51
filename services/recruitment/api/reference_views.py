"""What is sent and answered about references."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from services.recruitment.domain.application import Referee
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.reference import (
    Reference,
    ReferenceAnswer,
    ReferenceState,
    ReferenceText,
    reference_id,
)
from services.recruitment.domain.reference_form import ReferenceForm, ReferenceWords
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.sealed import Sealed

_ANSWER: dict[str, Any] = {
    "known_as": "colleague",
    "known_for": "over_three_years",
    "scores": {"reliability": 5, "listening": 4, "respect": 5, "boundaries": None},
    "recommends": "yes",
    "words": "Calm when it matters.",
}
_CODES: dict[str, Any] = {
    **{name: value for name, value in _ANSWER.items() if name != "words"},
    "given": "2026-03-05T19:12:00Z",
    "taken_by": "leeds-carla",
}
_REFERENCE: dict[str, Any] = {
    "reference": "0198f2c0-0000-5000-8000-000000000005",
    "candidate": "0198f2c0-0000-7000-8000-000000000001",
    "referee": 1,
    "state": "received",
    "asked_by": "leeds-carla",
    "asked": "2026-03-03T09:00:00Z",
    "expires": "2026-03-24T09:00:00Z",
    "answer": _CODES,
    "version": 3,
}
_HEARD: dict[str, Any] = {
    **_REFERENCE,
    "answer": {**_CODES, "text": {"words": _ANSWER["words"]}, "erased": False},
    "name": "A. Friend",
    "email": "friend@example.org",
}


class AnswerBody(BaseModel):
    """What a referee says; a score is null where they can't say."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ANSWER]})

    known_as: Code
    known_for: Code
    scores: dict[Code, StrictInt | None] = Field(max_length=50)
    recommends: Code
    words: str | None = Field(default=None, max_length=4000)

    def answer(self, now: datetime, *, taken_by: str | None = None) -> ReferenceAnswer:
        """As the domain keeps it."""
        return ReferenceAnswer(
            known_as=self.known_as,
            known_for=self.known_for,
            scores=self.scores,
            recommends=self.recommends,
            text=Sealed.of(ReferenceText(words=self.words)) if self.words else None,
            given=now,
            taken_by=taken_by,
        )


class ReplyBody(BaseModel):
    """An answer, or null for somebody who would rather not."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"answer": _ANSWER}]})

    answer: AnswerBody | None


class AnswerView(BaseModel):
    """What a referee said, in codes; a score is null where they can't say."""

    known_as: Code
    known_for: Code
    scores: dict[Code, int | None]
    recommends: Code
    given: Moment
    taken_by: Id | None

    @classmethod
    def of(cls, answer: ReferenceAnswer) -> Self:
        """From the aggregate's part."""
        return cls(**answer.model_dump(include=set(AnswerView.model_fields)))


class ReadAnswerView(AnswerView):
    """What a referee said, with what they wrote; `erased` where that is gone for good."""

    text: ReferenceText | None
    erased: bool

    @classmethod
    def of(cls, answer: ReferenceAnswer) -> Self:
        """From the aggregate's part, opened."""
        text = answer.text
        codes = AnswerView.of(answer).model_dump()
        return cls(**codes, text=text.read() if text else None, erased=text is not None and text.erased)


class ReferenceView(BaseModel):
    """How one reference stands: neither who the referee is, nor what they wrote."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REFERENCE]})

    reference: Id
    candidate: Id
    referee: int
    state: ReferenceState
    asked_by: Id | None
    asked: Moment | None
    expires: Moment | None
    answer: AnswerView | None
    version: int

    @classmethod
    def of(cls, reference: Reference) -> Self:
        """From the aggregate."""
        return cls(**_codes(reference), answer=AnswerView.of(reference.answer) if reference.answer else None)


class HeardView(ReferenceView):
    """One reference, as the coordinators read it: who it is stands in the application."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HEARD]})

    name: str
    email: str
    answer: ReadAnswerView | None

    @classmethod
    def from_referee(cls, referee: Referee, reference: Reference) -> Self:
        """From the aggregate, opened."""
        answer = ReadAnswerView.of(reference.answer) if reference.answer else None
        return cls(**_codes(reference), name=referee.name, email=referee.email, answer=answer)


class ReferencesView(BaseModel):
    """Every referee of an application, in the order the applicant named them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"references": [_HEARD]}]})

    references: list[HeardView]

    @classmethod
    def of(cls, candidate: Candidate, found: Mapping[str, Reference]) -> Self:
        """With those that nobody was asked for yet; those there are were opened."""
        return cls(
            references=[
                HeardView.from_referee(
                    referee,
                    found.get(reference_id(candidate.id, number)) or Reference.of(candidate, number),
                )
                for number, referee in enumerate(candidate.application.references, start=1)
            ]
        )


def _codes(reference: Reference) -> dict[str, Any]:
    names = {"candidate", "referee", "state", "asked_by", "asked", "expires", "version"}
    return {"reference": reference.id, **reference.model_dump(include=names)}


class QuestionsView(BaseModel):
    """What a referee is asked, in the language they are written to in; each code with its words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Robin Adeyemi",
                    "expires": "2026-03-24T09:00:00Z",
                    "language": "en",
                    "known_as": ["friend", "colleague"],
                    "known_for": ["over_three_years"],
                    "criteria": ["listening"],
                    "recommends": ["yes", "no"],
                    "words": {
                        "title": "Speaking for somebody", "asked": "Robin named you.", "about": "About.",
                        "until": "Until", "known_as": "How?", "known_for": "How long?", "criteria": "1 to 5",
                        "recommends": "Would you?", "text": "More", "cannot_say": "I can't say",
                        "choose": "Choose", "send": "Send", "decline": "I would rather not",
                        "decline_why": "That is all right.", "thanks": "Thank you.", "nothing": "Nothing.",
                        "wrong": "Missing: ", "options": {"friend": "A friend"},
                    },
                }
            ]
        }
    )  # fmt: skip

    name: str
    expires: Moment
    language: Code
    known_as: list[Code]
    known_for: list[Code]
    criteria: list[Code]
    recommends: list[Code]
    words: ReferenceWords

    @classmethod
    def of(cls, reference: Reference, form: ReferenceForm, *, name: str, language: str | None) -> Self:
        """For this reference, about somebody of this name."""
        assert reference.expires is not None, "a link that works has an end"
        code, words = form.in_language(language or reference.language)
        return cls(
            name=name,
            expires=reference.expires,
            language=code,
            known_as=list(form.known_as),
            known_for=list(form.known_for),
            criteria=list(form.criteria),
            recommends=list(form.recommends),
            words=words,
        )


class ThanksView(BaseModel):
    """It has arrived."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"thanks": True}]})

    thanks: bool = True
