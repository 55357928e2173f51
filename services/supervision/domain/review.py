"""One performance review on the rubric."""

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import ReviewOutcome
from shared.domain.aggregate import Value


class Review(Value):
    """`scores` by criterion of the practice rules, each from 1 to 5; they stay in this service."""

    id: Id
    reviewer: Id
    scores: dict[Code, int] = Field(min_length=1)
    outcome: ReviewOutcome
    completed: Moment
