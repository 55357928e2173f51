"""Reviews as they are shown."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.supervision.domain.placement import Placement
from services.supervision.domain.review import Review
from shared.contracts.envelope import Moment
from shared.contracts.supervision import ReviewOutcome

EXAMPLE: dict[str, Any] = {
    "review": "review-1",
    "reviewer": "person-1",
    "outcome": "meets",
    "completed": "2026-04-20T15:00:00Z",
}


class ReviewLine(BaseModel):
    """One review and how it ended."""

    review: str
    reviewer: str
    outcome: ReviewOutcome
    completed: Moment

    @classmethod
    def of(cls, review: Review) -> Self:
        """The review without its scores."""
        return cls(review=review.id, **review.model_dump(include={"reviewer", "outcome", "completed"}))


class ScoredReview(ReviewLine):
    """One review; `scores` by criterion, null for whoever only sees how it ended."""

    scores: dict[str, int] | None


class ReviewsView(BaseModel):
    """The reviews of a placement, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"placement": "placement-1", "reviews": [{**EXAMPLE, "scores": {"boundaries": 4}}]}]
        }
    )
    placement: str
    reviews: list[ScoredReview]

    @classmethod
    def of(cls, placement: Placement, *, with_scores: bool) -> Self:
        """All of them, with or without scores."""
        lines = [
            ScoredReview(**ReviewLine.of(review).model_dump(), scores=review.scores if with_scores else None)
            for review in placement.reviews
        ]
        return cls(placement=placement.id, reviews=lines)


class ReviewAnswer(ReviewLine):
    """A review was completed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**EXAMPLE, "placement": "placement-1", "version": 12}]}
    )
    placement: str
    version: int

    @classmethod
    def about_the_latest(cls, placement: Placement) -> Self:
        """The one that was just added."""
        line = ReviewLine.of(placement.reviews[-1])
        return cls(**line.model_dump(), placement=placement.id, version=placement.version)
