"""One round of interviewing: its appointment, its panel and their scorecards."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field

from services.recruitment.domain.appointment import (
    HELD_AT_MOST,
    SMALLEST_PANEL,
    State,
    Step,
    StepKind,
    Where,
    must_be_possible,
    seated,
)
from services.recruitment.domain.criteria import DEFAULT_RUBRIC, Criteria
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import Absent
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.sealed import Sealed


class ScorecardText(Value):
    """What an interviewer wrote down; for the coordinator and the panel, once all cards are in."""

    notes: str | None = Field(default=None, max_length=4000)


class Scorecard(Value):
    """One interviewer's scores, 1 to 5 for every criterion."""

    interviewer: Id
    scores: dict[Code, int]
    text: Sealed[ScorecardText]
    submitted: Moment


class Interview(Value):
    """One round. It is scored on the criteria as they were when it was set; its steps are its history."""

    starts: Moment
    minutes: int
    panel: tuple[Id, ...]
    criteria: tuple[Code, ...]
    rubric: Code = DEFAULT_RUBRIC
    rubric_version: int = 1
    where: Where = Where()
    slot: Id | None = Field(default=None, description="The offered time it takes up, if it was booked.")
    state: State = State.SET
    absent: Absent | None = None
    steps: tuple[Step, ...] = ()
    cards: tuple[Scorecard, ...] = ()

    @classmethod
    def set(
        cls,
        *,
        starts: datetime,
        minutes: int,
        panel: tuple[str, ...],
        criteria: Criteria,
        now: datetime,
        where: Where = Where(),
        slot: str | None = None,
    ) -> Self:
        """An interview to be held, or held in the last days.

        Raises:
            Invalid: what `seated` and `must_be_possible` raise.
        """
        people = seated(panel)
        must_be_possible(starts, minutes, earliest=now - HELD_AT_MOST, now=now)
        return cls(
            starts=starts,
            minutes=minutes,
            panel=people,
            criteria=tuple(sorted(criteria.codes)),
            rubric=criteria.rubric,
            rubric_version=criteria.version,
            where=where,
            slot=slot,
        )

    @property
    def sequence(self) -> int:
        """How often it was changed: what calendars call SEQUENCE."""
        return len(self.steps)

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return self.starts + timedelta(minutes=self.minutes)

    @property
    def counts(self) -> bool:
        """Was it neither called off nor missed?"""
        return self.state is State.SET

    @property
    def complete(self) -> bool:
        """Has everybody on the panel, two people at least, submitted?"""
        enough = len(self.panel) >= SMALLEST_PANEL
        return enough and {card.interviewer for card in self.cards} == {*self.panel}

    def is_ahead(self, now: datetime) -> bool:
        """Is it still to begin?"""
        return self.counts and now < self.starts

    def has_card_of(self, interviewer: str) -> bool:
        """Have they submitted?"""
        return any(card.interviewer == interviewer for card in self.cards)

    def changed(self, kind: StepKind, *, by: str, now: datetime, **to: Any) -> Self:
        """The round as it is after one change, with what it was before in its history."""
        before = Step(kind=kind, by=by, at=now, starts=self.starts, minutes=self.minutes, panel=self.panel)
        return self.model_copy(update={"steps": (*self.steps, before), **to})

    def with_card(self, card: Scorecard) -> Self:
        """The interview with one more card.

        Raises:
            Forbidden: `not_on_panel`.
            Conflict: `interview_not_held_yet` or `scorecard_submitted`.
            Invalid: `scores_incomplete`, `criterion_unknown` or `score_out_of_range`.
        """
        if card.interviewer not in self.panel:
            raise Forbidden(
                "not_on_panel", "Only the interview's panel scores; ask the coordinator to be added."
            )
        if card.submitted < self.starts:
            raise Conflict(
                "interview_not_held_yet",
                f"The interview starts at {self.starts:%Y-%m-%d %H:%M} UTC; score what you saw, afterwards.",
            )
        if self.has_card_of(card.interviewer):
            raise Conflict("scorecard_submitted", "Your scorecard is in already, and stays as it is.")
        self._must_be_scored_by(card.scores)
        return self.model_copy(update={"cards": (*self.cards, card)})

    def means(self) -> dict[str, float]:
        """The panel's mean score by criterion; empty until all cards are in."""
        if not self.complete:
            return {}
        return {
            code: sum(card.scores[code] for card in self.cards) / len(self.cards) for code in self.criteria
        }

    def _must_be_scored_by(self, scores: Mapping[str, int]) -> None:
        missing, unknown = {*self.criteria} - {*scores}, {*scores} - {*self.criteria}
        if missing:
            raise Invalid("scores_incomplete", f"These criteria have no score yet: {_listed(missing)}.")
        if unknown:
            raise Invalid(
                "criterion_unknown", f"This interview is not scored on {_listed(unknown)}; leave that out."
            )
        if any(not 1 <= score <= 5 for score in scores.values()):
            raise Invalid("score_out_of_range", "A score is a whole number from 1 to 5; see the anchors.")


def _listed(codes: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(codes))
