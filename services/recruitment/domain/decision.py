"""How an application ends, or waits: what a coordinator decided, and a withdrawal."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.contracts.recruitment import ScreeningOutcome
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed


class DecisionText(Value):
    """What a coordinator wrote; for the coordinators and the person only."""

    reason: str = Field(min_length=1, max_length=2000)
    support_contacts: tuple[str, ...] = ()


class Decision(Value):
    """What a coordinator decided. The reason is told to the person here and goes nowhere else."""

    outcome: ScreeningOutcome
    by: Id
    at: Moment
    deferred_until: Moment | None = None
    beyond_capacity: bool = False
    """Accepted though every place was taken, on purpose."""
    appeal_until: Moment | None = None
    """With a decline: until when the person can appeal."""
    text: Sealed[DecisionText]

    @classmethod
    def make(
        cls,
        outcome: ScreeningOutcome,
        *,
        by: str,
        now: datetime,
        reason: str,
        deferred_until: datetime | None,
        support_contacts: tuple[str, ...],
        beyond_capacity: bool,
        appeal_days: int,
    ) -> Self:
        """A decision that has a reason and, where it is a deferral, says until when and who helps meanwhile.

        A decline says until when it can be appealed.

        Raises:
            Invalid: `reason_missing`, `deferral_without_date`, `deferral_without_support` or `no_deferral`.
        """
        if not reason.strip():
            raise Invalid("reason_missing", "A decision about a person has a reason; write it down.")
        if outcome is ScreeningOutcome.DEFERRED:
            _must_support(deferred_until, support_contacts, now)
        elif deferred_until is not None or support_contacts:
            raise Invalid(
                "no_deferral",
                "A date and support contacts go with a deferral alone; leave them out or defer.",
            )
        text = Sealed.of(DecisionText(reason=reason, support_contacts=support_contacts))
        declined = outcome is ScreeningOutcome.DECLINED
        return cls(
            outcome=outcome,
            by=by,
            at=now,
            deferred_until=deferred_until,
            beyond_capacity=beyond_capacity,
            appeal_until=now + timedelta(days=appeal_days) if declined else None,
            text=text,
        )


class WithdrawalText(Value):
    """Why, as far as it was said; for the coordinators and the person only."""

    reason: str | None = Field(default=None, max_length=2000)


class Withdrawal(Value):
    """Who took the application back: the person, or a coordinator on their behalf."""

    by: Id
    at: Moment
    text: Sealed[WithdrawalText] | None = None


def _must_support(until: datetime | None, contacts: tuple[str, ...], now: datetime) -> None:
    if until is None or until <= now:
        raise Invalid(
            "deferral_without_date", "Say until when: a date ahead, so the person knows where they are."
        )
    if not any(contact.strip() for contact in contacts):
        raise Invalid(
            "deferral_without_support",
            "Name at least one support contact to go with the deferral, or have the site name its own.",
        )
