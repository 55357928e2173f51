"""Every decision about a person has a reason."""

from shared.domain.errors import Invalid


def must_be_given(reason: str) -> str:
    """The reason without blanks around it. Raises Invalid `reason_missing`."""
    if not reason.strip():
        raise Invalid(
            "reason_missing",
            "Please say why you decide so: every decision about a person has a reason.",
        )
    return reason.strip()
