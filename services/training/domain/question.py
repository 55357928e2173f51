"""A question of a written assessment: one right option, several of them, or an answer in the person's own words."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.training.domain.wording import listed
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

Choice = Code | Annotated[tuple[Code, ...], Field(max_length=50)]
"""What was chosen: one option, or several of a question that has several right ones."""

LONGEST_ANSWER = 4_000


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    OPEN = "open"


class RubricLine(Value):
    """One thing an open answer shows, and how many points a reviewer can give for it."""

    code: Code
    shows: str = Field(min_length=1)
    points: int = Field(default=1, ge=1, le=10)


class Question(Value):
    """It has exactly one of `right` (one option), `all_right` (those and no other) and `rubric` (open)."""

    code: Code
    module: Code
    text: str = Field(min_length=1)
    options: dict[Code, str] = {}
    right: Code | None = None
    all_right: tuple[Code, ...] = ()
    rubric: tuple[RubricLine, ...] = ()

    @model_validator(mode="after")
    def _it_can_be_marked(self) -> Self:
        ways = [self.right is not None, bool(self.all_right), bool(self.rubric)]
        if sum(ways) != 1:
            raise ValueError("give exactly one of `right`, `all_right` and `rubric`: the way it is marked")
        if self.rubric and self.options:
            raise ValueError(
                "an open question has a `rubric` and no `options`; remove the one that isn't meant"
            )
        if not self.rubric and len(self.options) < 2:
            raise ValueError("options: give at least 2, or a `rubric` for an open question")
        unknown = [code for code in self.right_options if code not in self.options]
        if unknown:
            name = "all_right" if self.all_right else "right"
            raise ValueError(
                f"`{name}` is {listed(map(repr, unknown))}; name one of the options {listed(self.options)}"
            )
        return self

    @property
    def kind(self) -> QuestionKind:
        """By what it is marked with."""
        if self.rubric:
            return QuestionKind.OPEN
        return QuestionKind.MULTIPLE if self.all_right else QuestionKind.SINGLE

    @property
    def points(self) -> int:
        """The most it can count for: 1, or what the rubric comes to."""
        return sum(line.points for line in self.rubric) or 1

    @property
    def right_options(self) -> frozenset[str]:
        """The options to choose; none where it is open."""
        return frozenset(self.all_right or filter(None, [self.right]))

    def is_right(self, choice: Choice | None) -> bool:
        """Are exactly the right options chosen? Half of them is not right, and an open answer isn't known here."""
        return choice is not None and not self.rubric and _chosen(choice) == self.right_options

    def must_have(self, choice: Choice) -> None:
        """Raises Invalid `answer_option_unknown`, or `answer_is_open` where there are no options."""
        if self.rubric:
            raise Invalid(
                "answer_is_open", f"Question {self.code} is answered in your own words, under `texts`."
            )
        unknown = sorted(_chosen(choice) - self.options.keys())
        if unknown or (self.right is not None and not isinstance(choice, str)):
            raise Invalid(
                "answer_option_unknown",
                f"Question {self.code} has the options {listed(self.options)}; choose "
                f"{'one of them' if self.right is not None else 'any of them'}, and no other.",
            )

    def must_be_open(self, text: str) -> None:
        """Raises Invalid `answer_not_open` or `answer_too_long`."""
        if not self.rubric:
            raise Invalid(
                "answer_not_open", f"Question {self.code} is answered by its options, under `answers`."
            )
        if len(text) > LONGEST_ANSWER:
            raise Invalid(
                "answer_too_long",
                f"The answer to question {self.code} is longer than {LONGEST_ANSWER} characters. Please shorten it.",
            )

    def must_be_a_review(self, given: Mapping[str, int]) -> None:
        """Every line of the rubric with 0 points up to its own.

        Raises Invalid `review_rubric_incomplete` or `review_points_out_of_range`.
        """
        if given.keys() != {line.code for line in self.rubric}:
            lines = listed(line.code for line in self.rubric)
            raise Invalid(
                "review_rubric_incomplete",
                f"Question {self.code} is reviewed by {lines}. Please give points for each of them, and no other.",
            )
        for line in self.rubric:
            if not 0 <= given[line.code] <= line.points:
                raise Invalid(
                    "review_points_out_of_range",
                    f"Question {self.code}, {line.code}: please give from 0 to {line.points} points.",
                )


def _chosen(choice: Choice) -> frozenset[str]:
    return frozenset([choice] if isinstance(choice, str) else choice)
