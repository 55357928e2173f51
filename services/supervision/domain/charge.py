"""The decisions about a placement as a whole: who is in charge of it, and its end. Each is kept as it was made."""

from datetime import timedelta

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed

LONGEST_REASON = 1_000
_LONGEST_BACK = timedelta(days=366)


class AssignmentText(Value):
    """Why, as far as it was said. Sensitive: it is in no event."""

    reason: str = Field(default="", max_length=LONGEST_REASON)


class Assignment(Value):
    """`by` put `supervisor` in charge. `since` is when supervision really began, where it is entered later."""

    supervisor: Id
    by: Id
    at: Moment
    text: Sealed[AssignmentText]
    since: Moment | None = None

    def must_be_possible(self, *, first: bool) -> None:
        """A change, and a beginning in the past, have a reason; only a first supervisor can have begun before.

        Raises:
            Invalid: `assignment_reason_missing`, `assignment_since_out_of_range`, `assignment_since_not_first`.
        """
        text = self.text.read()
        said = text is not None and text.reason.strip()
        if not said and (self.since is not None or not first):
            raise Invalid(
                "assignment_reason_missing",
                "Please say why the supervisor changes, or why supervision began before it was entered.",
            )
        if self.since is None:
            return
        if not first:
            raise Invalid(
                "assignment_since_not_first",
                "Only the first supervisor of a placement can have begun before. Please leave `since` out.",
            )
        if not self.at - _LONGEST_BACK <= self.since <= self.at:
            raise Invalid(
                "assignment_since_out_of_range",
                "Supervision can have begun a year ago at most, and not in the future. Please check `since`.",
            )


class Closing(Value):
    """The end of a placement: `reason` is a code of the practice rules."""

    by: Id
    reason: Code
    at: Moment
