"""Performance reviews on the rubric."""

import pytest

from services.supervision.domain.practice import HIGHEST_SCORE, LOWEST_SCORE
from shared.contracts.supervision import PerformanceReviewed, ReviewOutcome
from shared.domain.errors import Invalid
from tests.supervision.builders import (
    OTHER,
    SUPERVISOR,
    after,
    full_scores,
    give,
    review,
    supervised_placement,
    supervisor,
)


def test_reviewing() -> None:
    """A review announces its outcome; the scores stay here."""
    placement = supervised_placement()

    review(placement)

    said = placement.raised[-1]
    assert isinstance(said, PerformanceReviewed)
    assert (said.review, said.reviewer, said.outcome) == ("review-1", SUPERVISOR, ReviewOutcome.MEETS)
    assert "scores" not in said.model_dump()
    [kept] = placement.reviews
    assert (kept.id, kept.reviewer, kept.completed) == ("review-1", SUPERVISOR, after(days=30))
    assert kept.scores == full_scores(4)


def test_a_second_review() -> None:
    """A later review, by whoever supervises then, stands beside the first."""
    placement = supervised_placement()
    review(placement, outcome=ReviewOutcome.DEVELOPING)
    give(placement, supervisor(OTHER), at=after(days=31))

    review(placement, id="review-2", by=OTHER)

    assert [(found.id, found.reviewer, found.outcome) for found in placement.reviews] == [
        ("review-1", SUPERVISOR, ReviewOutcome.DEVELOPING),
        ("review-2", OTHER, ReviewOutcome.MEETS),
    ]


@pytest.mark.parametrize("score", [LOWEST_SCORE, HIGHEST_SCORE])
def test_lowest_and_highest(score: int) -> None:
    """Every score from 1 to 5 is one."""
    placement = supervised_placement()

    review(placement, scores=full_scores(score))

    assert placement.reviews[0].scores == full_scores(score)
    assert score in (1, 5)


_SOME = dict(list(full_scores().items())[1:])


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (_SOME, "review_scores_incomplete"),
        ({}, "review_scores_incomplete"),
        ({**full_scores(), "charm": 5}, "review_criterion_unknown"),
        ({**full_scores(), "boundaries": HIGHEST_SCORE + 1}, "review_score_out_of_range"),
        ({**full_scores(), "boundaries": LOWEST_SCORE - 1}, "review_score_out_of_range"),
    ],
)
def test_incomplete_rubric(scores: dict[str, int], code: str) -> None:
    """A review scores every criterion of the rubric, no other, each from 1 to 5."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        review(placement, scores=scores)

    assert refused.value.code == code
    assert placement.reviews == ()
