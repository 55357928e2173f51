"""Checks on a candidate, as coordinators note and renew them."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.checks import WARNED_BEFORE, Check, CheckKind, CheckResult
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    CandidateChecked,
    CandidateCheckExpiring,
    CheckDeadline,
    ClearedCheck,
)
from shared.domain.errors import Invalid


class Checking(Candidacy):
    """The rules of `Candidate` about checks."""

    def note_check(
        self,
        check: CheckKind,
        result: CheckResult,
        *,
        by: KnownActor,
        now: datetime,
        expires: datetime | None = None,
        provider_reference: str | None = None,
    ) -> None:
        """A coordinator notes how a check stands; the last word on each counts, also on somebody accepted.

        Raises:
            Conflict: `application_closed` or `person_erased`.
            Forbidden: `own_application`.
            Invalid: `check_expired_already`.
        """
        self._must_not_be_erased()
        if self.stage is not Stage.ACCEPTED:
            self._must_be_open()
        self._must_not_be_about(by, doing="note checks on")
        noted = Check(
            check=check,
            result=result,
            expires=expires,
            provider_reference=provider_reference,
            recorded_by=by.person,
            recorded=now,
        )
        if noted.has_lapsed(now):
            raise Invalid(
                "check_expired_already",
                f"The check {check} can't be cleared until a time that is over; renew it, or correct the date.",
            )
        self._now_stands(noted, now)

    def warn_of_check(self, timer: CheckDeadline) -> None:
        """A clearance ends soon; one that was renewed or taken back meanwhile has a timer of its own, or none."""
        found = next((one for one in self.checks if one.check == timer.check), None)
        if found is None or not self.stage.holds_place:
            return
        if found.result is CheckResult.CLEARED and found.expires == timer.expires:
            self.record(CandidateCheckExpiring(**self._noted(found.check), expires=timer.expires))

    def checks_cleared(self, now: datetime) -> tuple[str, ...]:
        """Codes of the checks that are cleared and still count."""
        return tuple(one.check for one in self.cleared(now))

    def cleared(self, now: datetime) -> tuple[ClearedCheck, ...]:
        """The checks that are cleared and still count, with their ends."""
        counting = (one for one in self.checks if one.is_cleared(now))
        told = (ClearedCheck(check=one.check.value, expires=one.expires) for one in counting)
        return tuple(sorted(told, key=lambda one: one.check))

    def _now_stands(self, noted: Check, now: datetime) -> None:
        self.checks = (*(one for one in self.checks if one.check != noted.check), noted)
        about = self._noted(noted.check)
        self.record(CandidateChecked(**about, result=noted.result.value, expires=noted.expires))
        name = f"check {noted.check}"
        if noted.expires is not None and noted.is_cleared(now):
            warned = max(now, noted.expires - WARNED_BEFORE)
            self.schedule(name, warned, CheckDeadline(**about, expires=noted.expires))
        else:
            self.cancel(name)

    def _noted(self, check: CheckKind) -> dict[str, str]:
        return {**self._about(), "check": check.value}
