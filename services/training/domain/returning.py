"""What a certifier gives back instead of a certificate or its next period."""

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class ReturnText(Value):
    """Why, and what would help; for the person and those who decide."""

    reason: str = Field(min_length=1, max_length=2_000)
    what_helps: str = Field(min_length=1, max_length=2_000)


class Return(Value):
    """One look that led to no certificate yet; `renewal`: it was about the next period of one that is there."""

    at: Moment
    by: Id
    renewal: bool
    text: Sealed[ReturnText]
