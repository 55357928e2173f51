"""Every decision about a person has a reason."""

from pydantic import Field

from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed


class ReasonText(Value):
    """Why somebody decided so. Sensitive: it is in no event."""

    reason: str = Field(min_length=1, max_length=2_000)


def must_be_given(reason: str) -> str:
    """The reason without blanks around it. Raises Invalid `reason_missing`."""
    if not reason.strip():
        raise Invalid(
            "reason_missing",
            "Please say why you decide so: every decision about a person has a reason.",
        )
    return reason.strip()


def sealed(reason: str) -> Sealed[ReasonText]:
    """The reason as it is kept. Raises as `must_be_given`."""
    return Sealed.of(ReasonText(reason=must_be_given(reason)))
