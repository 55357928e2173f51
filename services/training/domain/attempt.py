"""One attempt at an assessment, from its start to what became of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import Field

from services.training.domain.assessment import PracticalAssessment, WrittenAssessment
from services.training.domain.changing import having
from services.training.domain.question import Choice
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value

AnyAssessment = WrittenAssessment | PracticalAssessment


class AttemptState(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    AWAITING_REVIEW = "awaiting_review"
    """Handed in, or assessed by the first of several: people have still to look at it."""
    PASSED = "passed"
    FAILED = "failed"
    SET_ASIDE = "set_aside"
    """A pause began meanwhile: it counts for nothing, against nobody, and the next start begins it again."""


class AttemptText(Value):
    """What the person and the reviewer wrote. Sensitive: it is in no event, and kept apart to be sealed."""

    answers: dict[Code, str] = {}
    reason: str = ""


class Sheet(Value):
    """One assessor's scores in a practical assessment that several assess."""

    by: Id
    at: Moment
    scores: dict[Code, int]
    notes: str = Field(default="", max_length=2_000, description="Sensitive: it is in no event.")


class Attempt(Value):
    """A written attempt has questions, an end and answers; a practical one scores and an assessor.

    `right` counts right answers to questions with options; `points` are those of every question, once known.
    `assessed_by` is the reviewer of the open answers, or the assessor whose sheet decided.
    """

    number: int = Field(ge=1)
    state: AttemptState
    started: Moment
    handed_in: Moment | None = None
    decided: Moment | None = None
    ends: Moment | None = None
    questions: tuple[Code, ...] = ()
    answers: dict[Code, Choice] = {}
    right: int | None = None
    points: int | None = None
    reviewed: dict[Code, dict[Code, int]] = {}
    out_of_time: bool = False
    scores: dict[Code, int] = {}
    sheets: tuple[Sheet, ...] = ()
    notes: str = Field(default="", max_length=2_000, description="Sensitive: it is in no event.")
    assessed_by: Id | None = None
    text: AttemptText = AttemptText()

    def is_over(self, now: datetime) -> bool:
        """Open, and past its end."""
        return self.state is AttemptState.OPEN and self.ends is not None and now >= self.ends

    @property
    def is_decided(self) -> bool:
        """Passed or failed: nothing changes it any more."""
        return self.state in (AttemptState.PASSED, AttemptState.FAILED)

    @property
    def assessors(self) -> tuple[str, ...]:
        """Everybody who had a say in it."""
        return tuple(sheet.by for sheet in self.sheets) or tuple(filter(None, [self.assessed_by]))

    def marked(
        self,
        answers: Mapping[str, Choice],
        texts: Mapping[str, str],
        *,
        rule: WrittenAssessment,
        now: datetime,
    ) -> Self:
        """Handed in: decided at once, or waiting for a reviewer where there is something open to read.

        Raises Invalid: what `WrittenAssessment.must_fit` raises.
        """
        rule.must_fit(self.questions, answers, texts)
        late = self.is_over(now)
        written = {code: text.strip() for code, text in texts.items() if text.strip()}
        handed_in = having(
            self,
            handed_in=now,
            answers=dict(answers),
            right=len(rule.right_answers(self.questions, answers)),
            out_of_time=late,
            text=AttemptText(answers=written),
        )
        if written and not late:
            return having(handed_in, state=AttemptState.AWAITING_REVIEW)
        return _decided_by_points(handed_in, rule, now=now)

    def reviewed_by(
        self,
        by: str,
        points: Mapping[str, Mapping[str, int]],
        *,
        reason: str,
        rule: WrittenAssessment,
        now: datetime,
    ) -> Self:
        """Decided, over all its questions."""
        given = {code: dict(lines) for code, lines in points.items()}
        text = self.text.model_copy(update={"reason": reason})
        reviewed = having(self, reviewed=given, assessed_by=by, text=text)
        return _decided_by_points(reviewed, rule, now=now)

    def assessed(self, sheet: Sheet, *, rule: PracticalAssessment, now: datetime) -> Self:
        """With one more sheet; the last of them decides."""
        sheets = (*self.sheets, sheet)
        if len(sheets) < rule.assessors:
            return having(self, sheets=sheets)
        decided = _decided(rule.is_enough([one.scores for one in sheets]))
        alone = rule.assessors == 1
        return having(
            self,
            state=decided,
            decided=now,
            assessed_by=sheet.by,
            scores=sheet.scores if alone else {},
            notes=sheet.notes if alone else "",
            sheets=() if alone else sheets,
        )

    def points_for(self, code: str, rule: WrittenAssessment) -> int:
        """What one question came to; nothing for an open answer that was not given."""
        if code in self.reviewed:
            return sum(self.reviewed[code].values())
        return int(rule.question(code).is_right(self.answers.get(code)))

    def to_look_at_again(self, rule: WrittenAssessment) -> tuple[str, ...]:
        """Modules whose questions didn't all come to full points, in the order of the bank."""
        short = {
            rule.question(code).module
            for code in self.questions
            if self.points_for(code, rule) < rule.question(code).points
        }
        return tuple(dict.fromkeys(q.module for q in rule.questions if q.module in short))


A = TypeVar("A", bound=Attempt)


def _decided_by_points(attempt: A, rule: WrittenAssessment, *, now: datetime) -> A:
    points = sum(attempt.points_for(code, rule) for code in attempt.questions)
    passed = rule.is_enough(points, drawn=attempt.questions) and not attempt.out_of_time
    return having(attempt, state=_decided(passed), points=points, decided=now)


def _decided(passed: bool) -> AttemptState:
    return AttemptState.PASSED if passed else AttemptState.FAILED
