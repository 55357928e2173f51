"""How an application ends, or waits: what a coordinator decided, and a withdrawal."""

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.contracts.recruitment import ScreeningOutcome
from shared.domain.aggregate import Value


class Decision(Value):
    """What a coordinator decided. The reason is told to the person here and goes nowhere else."""

    outcome: ScreeningOutcome
    by: Id
    at: Moment
    reason: str = Field(min_length=1, max_length=2000)
    deferred_until: Moment | None = None
    support_contacts: tuple[str, ...] = ()


class WithdrawalText(Value):
    """Why, as far as it was said; for the coordinators and the person only."""

    reason: str | None = Field(default=None, max_length=2000)


class Withdrawal(Value):
    """Who took the application back: the person, or a coordinator on their behalf."""

    by: Id
    at: Moment
    text: WithdrawalText = WithdrawalText()
