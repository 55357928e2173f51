"""How something learnt is shown: the written and the practical assessment of a programme."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.training.domain.figures import Count, Share
from services.training.domain.wording import listed
from shared.contracts.envelope import Code
from shared.contracts.training import AssessmentKind
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

LOWEST_SCORE, HIGHEST_SCORE = 1, 5


class Question(Value):
    """One question with a single right option."""

    code: Code
    module: Code
    text: str = Field(min_length=1)
    options: dict[Code, str] = Field(min_length=2)
    right: Code

    @model_validator(mode="after")
    def _the_right_option_exists(self) -> Self:
        if self.right not in self.options:
            raise ValueError(f"`right` is {self.right!r}; name one of the options {listed(self.options)}")
        return self


class _Assessment(Value):
    code: Code
    title: str = Field(min_length=1)
    requires: tuple[Code, ...] = ()
    attempts: Count


class WrittenAssessment(_Assessment):
    """A draw from a bank of questions, marked by the right answers."""

    kind: Literal[AssessmentKind.WRITTEN]
    draw_size: Count
    cut_score: Share
    time_limit_minutes: Count
    questions: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _the_bank_is_enough(self) -> Self:
        codes = [question.code for question in self.questions]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"questions: {listed(twice)} is there twice; give each question its own code")
        modules = {question.module for question in self.questions}
        if not len(modules) <= self.draw_size.value <= len(codes):
            raise ValueError(
                f"draw_size: {self.draw_size.value} can't cover {len(modules)} modules out of {len(codes)} "
                f"questions; choose from {len(modules)} to {len(codes)}, or add questions"
            )
        return self

    def draw(self, seed: int | str) -> tuple[str, ...]:
        """Codes of the questions for one attempt: at least one of every module, the rest by chance.

        The same seed draws the same questions.
        """
        chance = Random(seed)  # noqa: S311 - a fair mix, no secret: the seed is new for every attempt
        shuffled = chance.sample(self.questions, len(self.questions))
        one_each = {question.module: question.code for question in reversed(shuffled)}.values()
        rest = [question.code for question in shuffled if question.code not in set(one_each)]
        drawn = [*one_each, *rest][: self.draw_size.value]
        chance.shuffle(drawn)
        return tuple(drawn)

    def question(self, code: str) -> Question:
        """Raises KeyError for a code that is not in the bank."""
        return {question.code: question for question in self.questions}[code]

    def right_answers(self, drawn: Sequence[str], answers: Mapping[str, str]) -> int:
        """How many of the drawn questions are answered rightly; one left out is not.

        Raises:
            Invalid: `answer_question_unknown` or `answer_option_unknown`.
        """
        unknown = sorted(answers.keys() - set(drawn))
        if unknown:
            raise Invalid(
                "answer_question_unknown",
                f"This attempt has no question {listed(unknown)}. Answer the questions it was started with.",
            )
        for code, option in answers.items():
            options = self.question(code).options
            if option not in options:
                raise Invalid(
                    "answer_option_unknown",
                    f"Question {code} has the options {listed(options)}, no {option!r}.",
                )
        return sum(answers.get(code) == self.question(code).right for code in drawn)

    def is_enough(self, right: int) -> bool:
        """Does this many right answers reach the cut score?"""
        return right / self.draw_size.value >= self.cut_score.value


class PracticalAssessment(_Assessment):
    """A rubric (code -> what is shown), each criterion scored from 1 to 5 by an assessor."""

    kind: Literal[AssessmentKind.PRACTICAL]
    pass_score: Count
    criteria: dict[Code, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _the_pass_score_can_be_reached(self) -> Self:
        if self.pass_score.value > HIGHEST_SCORE:
            raise ValueError(
                f"pass_score: {self.pass_score.value} is over {HIGHEST_SCORE}, the highest score"
            )
        return self

    def must_be_a_complete_rubric(self, scores: Mapping[str, int]) -> None:
        """Every criterion scored, no other, each from 1 to 5.

        Raises:
            Invalid: `assessment_criterion_unknown`, `assessment_scores_incomplete` or
                `assessment_score_out_of_range`.
        """
        unknown = sorted(scores.keys() - self.criteria.keys())
        if unknown:
            raise Invalid(
                "assessment_criterion_unknown",
                f"The rubric has no criterion {listed(unknown)}. It has {listed(self.criteria)}.",
            )
        missing = [code for code in self.criteria if code not in scores]
        if missing:
            raise Invalid(
                "assessment_scores_incomplete", f"Please score {listed(missing)} too.", missing=missing
            )
        beyond = sorted(code for code, score in scores.items() if not LOWEST_SCORE <= score <= HIGHEST_SCORE)
        if beyond:
            raise Invalid(
                "assessment_score_out_of_range",
                f"Scores go from {LOWEST_SCORE} to {HIGHEST_SCORE}; please correct {listed(beyond)}.",
            )

    def is_enough(self, scores: Mapping[str, int]) -> bool:
        """Does every criterion reach the pass score?"""
        return all(scores[code] >= self.pass_score.value for code in self.criteria)


Assessment = Annotated[WrittenAssessment | PracticalAssessment, Field(discriminator="kind")]
