"""What a panel's cards say together, once all are in: how high, and how far apart."""

from collections.abc import Sequence

from services.recruitment.domain.interview import Scorecard
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

TALK_OVER_AT = 2
"""From this spread on interviewers disagree. Neighbouring anchors are a matter of reading; with one anchor between
them two people have seen something different, and know more once they have told each other."""


class Scores(Value):
    """One criterion as the panel scored it; `spread` is from the lowest score to the highest."""

    criterion: Code
    mean: float
    lowest: int
    highest: int
    spread: int


def scores_of(cards: Sequence[Scorecard], criteria: Sequence[str]) -> tuple[Scores, ...]:
    """Every criterion over all cards; nothing where there are no cards."""
    if not cards:
        return ()
    by_criterion = {code: [card.scores[code] for card in cards] for code in criteria}
    return tuple(
        Scores(
            criterion=code,
            mean=sum(given) / len(given),
            lowest=min(given),
            highest=max(given),
            spread=max(given) - min(given),
        )
        for code, given in by_criterion.items()
    )


def to_talk_over(scores: Sequence[Scores]) -> tuple[str, ...]:
    """A sentence for each criterion on which the panel disagrees. Nothing is decided by it."""
    return tuple(
        f"On {one.criterion} the panel's scores are {one.spread} apart, from {one.lowest} to {one.highest}: "
        "it may help to talk it through before anybody decides. The cards stay as they are."
        for one in scores
        if one.spread >= TALK_OVER_AT
    )
