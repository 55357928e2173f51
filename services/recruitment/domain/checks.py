"""Checks on a candidate. A result is a code, never the report."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value

WARNED_BEFORE = timedelta(days=30)
"""How long before the end of a clearance coordinators are told: long enough to have it renewed."""

ProviderReference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]{0,63}$")]
"""Under which number whoever made the check knows it: a code, and no place for words about a person."""


class CheckKind(StrEnum):
    """What is checked; which of them are needed is up to the programme as the site offers it."""

    REFERENCES = "references"
    BACKGROUND_CHECK = "background_check"


class CheckResult(StrEnum):
    """How a check stands."""

    REQUESTED = "requested"
    RECEIVED = "received"
    CLEARED = "cleared"
    NEEDS_DECISION = "needs_decision"


class Check(Value):
    """One check on a candidate, with the time from which its result no longer counts."""

    check: CheckKind
    result: CheckResult
    expires: Moment | None = None
    provider_reference: ProviderReference | None = None
    recorded_by: Id
    recorded: Moment

    def is_cleared(self, now: datetime) -> bool:
        """Is it cleared, and does that still count?"""
        return self.result is CheckResult.CLEARED and not self._has_expired(now)

    def has_lapsed(self, now: datetime) -> bool:
        """Was it cleared, and counts no longer?"""
        return self.result is CheckResult.CLEARED and self._has_expired(now)

    def missing(self, now: datetime) -> str | None:
        """What is missing about it, in a sentence; None where it is cleared."""
        if self.is_cleared(now):
            return None
        if self.has_lapsed(now):
            return f"The check {self.check} was cleared until {self.expires:%Y-%m-%d %H:%M} UTC; have it renewed."
        return f"The check {self.check} is not cleared but {self.result}; note its result."

    def _has_expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


def missing_checks(checks: tuple[Check, ...], required: tuple[CheckKind, ...], now: datetime) -> list[str]:
    """A sentence for each required check that keeps a candidate from being accepted."""
    by_kind = {one.check: one for one in checks}
    sentences = [
        by_kind[kind].missing(now)
        if kind in by_kind
        else f"The check {kind} was not begun; request it and note its result."
        for kind in required
    ]
    return [sentence for sentence in sentences if sentence]
