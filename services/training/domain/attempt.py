"""One attempt at an assessment, from its start to what became of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import Field

from services.training.domain.assessment import PracticalAssessment, WrittenAssessment
from services.training.domain.changing import having
from services.training.domain.question import Choice
from services.training.domain.reason import ReasonText
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed

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
    """Open answers, in the person's own words, by question. Sensitive: it is in no event."""

    answers: dict[Code, str]


class NotesText(Value):
    """What an assessor noted beside the scores. Sensitive: it is in no event."""

    notes: str = Field(max_length=2_000)

    @classmethod
    def of(cls, notes: str) -> Sealed[Self] | None:
        """As it is kept; None where nothing was noted."""
        return Sealed.of(cls(notes=notes)) if notes.strip() else None


class Sheet(Value):
    """One assessor's scores in a practical assessment that several assess."""

    by: Id
    at: Moment
    scores: dict[Code, int]
    notes: Sealed[NotesText] | None = None


class Attempt(Value):
    """A written attempt has questions, an end and answers; a practical one scores and an assessor.

    `written` are the questions answered in words, which are in `text`; rules ask for the codes alone. `right` counts
    right answers to questions with options; `points` are those of every question, once known.
    `assessed_by` is the reviewer of the open answers, who says in `why`, or the assessor whose sheet decided.
    """

    number: int = Field(ge=1)
    state: AttemptState
    started: Moment
    handed_in: Moment | None = None
    decided: Moment | None = None
    ends: Moment | None = None
    questions: tuple[Code, ...] = ()
    answers: dict[Code, Choice] = {}
    written: tuple[Code, ...] = ()
    right: int | None = None
    points: int | None = None
    reviewed: dict[Code, dict[Code, int]] = {}
    out_of_time: bool = False
    scores: dict[Code, int] = {}
    sheets: tuple[Sheet, ...] = ()
    notes: Sealed[NotesText] | None = None
    assessed_by: Id | None = None
    text: Sealed[AttemptText] | None = None
    why: Sealed[ReasonText] | None = None

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
            written=tuple(written),
            text=Sealed.of(AttemptText(answers=written)) if written else None,
        )
        if written and not late:
            return having(handed_in, state=AttemptState.AWAITING_REVIEW)
        return _decided_by_points(handed_in, rule, now=now)

    def reviewed_by(
        self,
        by: str,
        points: Mapping[str, Mapping[str, int]],
        *,
        why: Sealed[ReasonText],
        rule: WrittenAssessment,
        now: datetime,
    ) -> Self:
        """Decided, over all its questions."""
        given = {code: dict(lines) for code, lines in points.items()}
        reviewed = having(self, reviewed=given, assessed_by=by, why=why)
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
            notes=sheet.notes if alone else None,
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
