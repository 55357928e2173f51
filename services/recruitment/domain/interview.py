"""The screening interview: its panel and their scorecards."""

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value


class ScorecardText(Value):
    """What an interviewer wrote down; for the coordinator and the panel, once all cards are in."""

    notes: str | None = Field(default=None, max_length=4000)


class Scorecard(Value):
    """One interviewer's scores, 1 to 5 for every criterion."""

    interviewer: Id
    scores: dict[str, int]
    text: ScorecardText = ScorecardText()
    submitted: Moment


class Interview(Value):
    """One appointment with a panel; `round` rises when it is set anew."""

    starts: Moment
    minutes: int
    panel: tuple[Id, ...]
    round: int = 1
    cards: tuple[Scorecard, ...] = ()

    @property
    def complete(self) -> bool:
        """Has everybody on the panel submitted?"""
        return {card.interviewer for card in self.cards} == set(self.panel)

    def cards_visible_to(self, person: str, *, coordinates: bool) -> tuple[Scorecard, ...]:
        """Until all cards are in, an interviewer sees their own and nobody sees another's."""
        if self.complete and (coordinates or person in self.panel):
            return self.cards
        return tuple(card for card in self.cards if card.interviewer == person)

    def means(self) -> dict[str, float]:
        """The panel's mean score by criterion; empty until all cards are in."""
        if not self.complete:
            return {}
        codes = sorted({code for card in self.cards for code in card.scores})
        return {code: sum(card.scores[code] for card in self.cards) / len(self.cards) for code in codes}
