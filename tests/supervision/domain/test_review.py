"""Performance reviews on the rubric."""

import pytest

from services.supervision.domain.practice import LOWEST_SCORE
from shared.contracts.supervision import PerformanceReviewed, ReviewOutcome
from shared.domain.errors import Invalid
from tests.supervision.builders import PRACTICE, SUPERVISOR, after, full_scores, supervised_placement


def test_reviewing() -> None:
    """A review announces its outcome; the scores stay here."""
    placement = supervised_placement()

    placement.review_performance(
        "review-1",
        by=SUPERVISOR,
        scores=full_scores(4),
        outcome=ReviewOutcome.MEETS,
        practice=PRACTICE,
        now=after(days=30),
    )

    said = placement.raised[-1]
    assert isinstance(said, PerformanceReviewed)
    assert (said.review, said.reviewer, said.outcome) == ("review-1", SUPERVISOR, ReviewOutcome.MEETS)
    assert "scores" not in said.model_dump()
    assert placement.reviews[0].scores == full_scores(4)


_SOME = dict(list(full_scores().items())[1:])


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        (_SOME, "review_scores_incomplete"),
        ({}, "review_scores_incomplete"),
        ({**full_scores(), "charm": 5}, "review_criterion_unknown"),
        ({**full_scores(), "boundaries": 6}, "review_score_out_of_range"),
        ({**full_scores(), "boundaries": LOWEST_SCORE - 1}, "review_score_out_of_range"),
    ],
)
def test_incomplete_rubric(scores: dict[str, int], code: str) -> None:
    """A review scores every criterion of the rubric, no other, each from 1 to 5."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        placement.review_performance(
            "review-1",
            by=SUPERVISOR,
            scores=scores,
            outcome=ReviewOutcome.MEETS,
            practice=PRACTICE,
            now=after(days=30),
        )

    assert refused.value.code == code
    assert placement.reviews == ()
