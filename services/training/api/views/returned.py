"""What a certifier gave back, as it is answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.api.views.words import are_erased, words
from services.training.domain.returning import Return
from shared.contracts.envelope import Moment


class ReturnView(BaseModel):
    """One look that led to no certificate, or no next period, yet: why, and what would help."""

    model_config = examples.example(examples.RETURN)
    at: Moment
    by: str
    renewal: bool
    reason: str | None
    what_helps: str | None
    erased: bool

    @classmethod
    def of(cls, returned: Return) -> Self:
        """With what was written."""
        text = returned.text
        return cls(
            **returned.model_dump(exclude={"text"}),
            reason=words(text, lambda it: it.reason),
            what_helps=words(text, lambda it: it.what_helps),
            erased=are_erased(text),
        )
