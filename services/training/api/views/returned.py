"""What a certifier gave back, as it is answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.returning import Return
from shared.contracts.envelope import Moment


class ReturnView(BaseModel):
    """One look that led to no certificate, or no next period, yet: why, and what would help."""

    model_config = examples.example(examples.RETURN)
    at: Moment
    by: str
    renewal: bool
    reason: str
    what_helps: str

    @classmethod
    def of(cls, returned: Return) -> Self:
        """With what was written."""
        return cls(**returned.model_dump(exclude={"text"}), **returned.text.model_dump())
