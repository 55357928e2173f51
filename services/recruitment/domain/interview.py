"""The screening interview: its panel and their scorecards."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from services.recruitment.domain.criteria import Criteria
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, Forbidden, Invalid

AHEAD_AT_MOST = timedelta(days=730)
HELD_AT_MOST = timedelta(days=7)
"""How long after it began an interview can still be noted down."""
LONGEST_MINUTES = 480
SMALLEST_PANEL = 2


class ScorecardText(Value):
    """What an interviewer wrote down; for the coordinator and the panel, once all cards are in."""

    notes: str | None = Field(default=None, max_length=4000)


class Scorecard(Value):
    """One interviewer's scores, 1 to 5 for every criterion."""

    interviewer: Id
    scores: dict[Code, int]
    text: ScorecardText = ScorecardText()
    submitted: Moment


class Interview(Value):
    """One appointment with a panel. It is scored on the criteria as they were when it was set."""

    starts: Moment
    minutes: int
    panel: tuple[Id, ...]
    criteria: tuple[Code, ...]
    cards: tuple[Scorecard, ...] = ()

    @classmethod
    def set(
        cls, *, starts: datetime, minutes: int, panel: tuple[str, ...], criteria: Criteria, now: datetime
    ) -> Self:
        """An interview to be held, or held in the last days.

        Raises:
            Invalid: `panel_too_small`, `interview_in_the_past`, `interview_too_far_ahead` or
                `interview_length_out_of_range`.
        """
        people = tuple(dict.fromkeys(panel))
        if len(people) < SMALLEST_PANEL:
            raise Invalid("panel_too_small", "A panel is at least two different people; name one more.")
        if starts < now - HELD_AT_MOST:
            raise Invalid(
                "interview_in_the_past",
                f"An interview is noted within {HELD_AT_MOST.days} days after it began; hold another one.",
            )
        if starts > now + AHEAD_AT_MOST:
            raise Invalid(
                "interview_too_far_ahead", "An interview starts within two years; choose an earlier time."
            )
        if not 0 < minutes <= LONGEST_MINUTES:
            raise Invalid(
                "interview_length_out_of_range", f"An interview takes from 1 to {LONGEST_MINUTES} minutes."
            )
        return cls(starts=starts, minutes=minutes, panel=people, criteria=tuple(sorted(criteria.codes)))

    @property
    def complete(self) -> bool:
        """Has everybody on the panel submitted?"""
        return {card.interviewer for card in self.cards} == {*self.panel}

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
        if any(one.interviewer == card.interviewer for one in self.cards):
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
