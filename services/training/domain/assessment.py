"""How something learnt is shown: the written and the practical assessment of a programme."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.training.domain.figures import Count, Hours, Share
from services.training.domain.question import Choice, Question, QuestionKind
from services.training.domain.wording import listed
from shared.contracts.envelope import Code
from shared.contracts.training import AssessmentKind
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

LOWEST_SCORE, HIGHEST_SCORE = 1, 5


class _Assessment(Value):
    """`wait` is the least time between the end of an attempt that fell short and the next; none by default."""

    code: Code
    title: str = Field(min_length=1)
    requires: tuple[Code, ...] = ()
    attempts: Count
    wait: Hours | None = None

    @property
    def wait_between(self) -> timedelta:
        """How long to wait after an attempt that fell short."""
        return timedelta(hours=self.wait.value if self.wait else 0)


class WrittenAssessment(_Assessment):
    """A draw from a bank of questions: options are marked at once, open answers are reviewed by a person."""

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

    def has(self, questions: Sequence[str]) -> bool:
        """Are all of these in the bank? Those of an attempt under another version may not be."""
        return {question.code for question in self.questions}.issuperset(questions)

    def question(self, code: str) -> Question:
        """Raises KeyError for a code that is not in the bank."""
        return {question.code: question for question in self.questions}[code]

    def must_fit(self, drawn: Sequence[str], answers: Mapping[str, Choice], texts: Mapping[str, str]) -> None:
        """Only drawn questions are answered, each in its own way; one left out counts as not known.

        Raises:
            Invalid: `answer_question_unknown`, or what `Question.must_have` and `Question.must_be_open` raise.
        """
        unknown = sorted((answers.keys() | texts.keys()) - set(drawn))
        if unknown:
            raise Invalid(
                "answer_question_unknown",
                f"This attempt has no question {listed(unknown)}. Answer the questions it was started with.",
            )
        for code, choice in answers.items():
            self.question(code).must_have(choice)
        for code, text in texts.items():
            self.question(code).must_be_open(text)

    def right_answers(self, drawn: Sequence[str], answers: Mapping[str, Choice]) -> tuple[str, ...]:
        """Which of the drawn questions with options are answered rightly."""
        return tuple(code for code in drawn if self.question(code).is_right(answers.get(code)))

    def open_questions(self, drawn: Sequence[str]) -> tuple[str, ...]:
        """Which of the drawn questions a person has to review."""
        return tuple(code for code in drawn if self.question(code).kind is QuestionKind.OPEN)

    def points_of(self, drawn: Sequence[str]) -> int:
        """The most points that an attempt with these questions can come to."""
        return sum(self.question(code).points for code in drawn)

    def is_enough(self, points: int, *, drawn: Sequence[str]) -> bool:
        """Do so many points of all that these questions can give reach the cut score?"""
        return points / self.points_of(drawn) >= self.cut_score.value


class PracticalAssessment(_Assessment):
    """A rubric (code -> what is shown), each criterion scored from 1 to 5 by every assessor on their own.

    `anchors` say what 1, 2, 3, 4 and 5 look like for a criterion. With several `assessors` the mean of
    their scores counts, criterion by criterion.
    """

    kind: Literal[AssessmentKind.PRACTICAL]
    pass_score: Count
    criteria: dict[Code, str] = Field(min_length=1)
    anchors: dict[Code, tuple[str, str, str, str, str]] = {}
    assessors: int = Field(default=1, ge=1, le=3)
    assessor_may_supervise: bool = False

    @model_validator(mode="after")
    def _the_pass_score_can_be_reached(self) -> Self:
        if self.pass_score.value > HIGHEST_SCORE:
            raise ValueError(
                f"pass_score: {self.pass_score.value} is over {HIGHEST_SCORE}, the highest score"
            )
        unknown = sorted(self.anchors.keys() - self.criteria.keys())
        if unknown:
            raise ValueError(
                f"anchors: {listed(unknown)} is no criterion; choose from {listed(self.criteria)}"
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

    def is_enough(self, sheets: Sequence[Mapping[str, int]]) -> bool:
        """Does every criterion reach the pass score, on the mean of the sheets?"""
        return all(
            sum(sheet[code] for sheet in sheets) >= self.pass_score.value * len(sheets)
            for code in self.criteria
        )


Assessment = Annotated[WrittenAssessment | PracticalAssessment, Field(discriminator="kind")]
