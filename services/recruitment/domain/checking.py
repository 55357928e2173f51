"""Checks on a candidate, as coordinators note them."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.checks import Check, CheckKind, CheckResult
from services.recruitment.domain.person import KnownActor


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
    ) -> None:
        """A coordinator notes how a check stands; the last word on each check counts."""
        self._must_be_open()
        self._must_not_be_about(by, doing="note checks on")
        others = tuple(one for one in self.checks if one.check != check)
        noted = Check(check=check, result=result, expires=expires, recorded_by=by.person, recorded=now)
        self.checks = (*others, noted)

    def checks_cleared(self, now: datetime) -> tuple[str, ...]:
        """Codes of the checks that are cleared and still count."""
        return tuple(sorted(one.check.value for one in self.checks if one.is_cleared(now)))
