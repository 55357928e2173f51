"""What a referee is asked: data, so that a site can change the words without changing code."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

DEFAULT_LANGUAGE = "en"


class ReferenceWords(Value):
    """The page in one language; `options` says every code of the form."""

    title: str
    asked: str
    about: str
    until: str
    known_as: str
    known_for: str
    criteria: str
    recommends: str
    text: str
    cannot_say: str
    choose: str
    send: str
    decline: str
    decline_why: str
    thanks: str
    nothing: str
    wrong: str
    options: dict[Code, str]


class ReferenceForm(Value):
    """The questions, by code, and their words by language."""

    known_as: tuple[Code, ...] = Field(min_length=1)
    known_for: tuple[Code, ...] = Field(min_length=1)
    recommends: tuple[Code, ...] = Field(min_length=1)
    criteria: tuple[Code, ...] = Field(min_length=1)
    words: dict[Code, ReferenceWords]

    @model_validator(mode="after")
    def _said(self) -> Self:
        codes = {*self.known_as, *self.known_for, *self.recommends, *self.criteria}
        for language, words in self.words.items():
            if missing := codes ^ words.options.keys():
                raise ValueError(
                    f"reference form, {language}: options differ in {', '.join(sorted(missing))}"
                )
        if DEFAULT_LANGUAGE not in self.words:
            raise ValueError(f"reference form: there are no words in {DEFAULT_LANGUAGE}")
        return self

    def in_language(self, language: str) -> tuple[str, ReferenceWords]:
        """The words in this language, or English where we don't have it, with the language they are in."""
        known = language if language in self.words else DEFAULT_LANGUAGE
        return known, self.words[known]

    def must_know(self, chosen: Mapping[str, str]) -> None:
        """Is each of these answers (`known_as`, `known_for`, `recommends`) one there is? Raises Invalid."""
        for question, code in chosen.items():
            options: tuple[str, ...] = getattr(self, question)
            if code not in options:
                raise Invalid(
                    "answer_unknown", f"{question}: choose one of {', '.join(options)}.", question=question
                )

    def must_be_scored(self, scores: Mapping[str, int | None]) -> None:
        """Is every criterion scored from 1 to 5, or said to be unknown (None), and no other? Raises Invalid."""
        if scores.keys() != set(self.criteria):
            raise Invalid(
                "criteria_incomplete",
                f"Answer for each of {', '.join(self.criteria)}, with null where you can't say.",
            )
        if any(score is not None and not 1 <= score <= 5 for score in scores.values()):
            raise Invalid("score_out_of_range", "A score is 1 to 5, or null where you can't say.")
