"""A certificate: periods of validity, one after another; a later one never changes an earlier one."""

import calendar
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from services.training.domain.certification import CertificationRule
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import (
    CertificateDeadline,
    CertificationExpired,
    CertificationExpiring,
    CertificationGranted,
)
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Forbidden


def certificate_id(enrolment: str) -> str:
    """One certificate per enrolment; renewals are further periods of it."""
    return stable_id("certificate", enrolment)


def months_later(day: datetime, months: int) -> datetime:
    """The same day of the month so many calendar months on, or that month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


class PeriodKind(StrEnum):
    """How a period came about."""

    GRANTED = "granted"


class CertificateStatus(StrEnum):
    """How a certificate stands at a moment."""

    VALID = "valid"
    EXPIRED = "expired"


class Period(Value):
    """From `valid_from` (included) to `valid_until` (excluded), both at midnight UTC.

    Its end is announced `notice_days` before, each once, and when it is there.
    """

    kind: PeriodKind
    valid_from: Moment
    valid_until: Moment
    decided: Moment
    decided_by: Id
    reason: str = Field(min_length=1, max_length=2_000, description="Sensitive: it is in no event.")
    notice_days: tuple[int, ...] = ()
    notices_given: tuple[int, ...] = ()
    end_announced: bool = False

    def notice_due(self, days: int) -> datetime:
        """When the notice so many days before the end is due."""
        return self.valid_until - timedelta(days=days)

    def has_a_nearer_notice_than(self, days: int, *, now: datetime) -> bool:
        """Is the end, or a notice nearer to it than this one, due as well?"""
        return any(self.notice_due(nearer) <= now for nearer in (*self.notice_days, 0) if nearer < days)


class PublicPage(Value):
    """What the person lets anybody see who has the address; status, programme and dates while it is `on`."""

    on: bool = True
    name: bool = False
    site: bool = False


class Certificate(Aggregate):
    """`token` is the unguessable end of the public address; `name` is the one it was granted to."""

    collection: ClassVar[str] = "certificates"

    person: Id
    programme: Code
    programme_title: str
    enrolment: Id
    token: str
    name: str = Field(min_length=1, max_length=200)
    public_page: PublicPage = PublicPage()
    periods: tuple[Period, ...] = Field(min_length=1)

    @classmethod
    def granted(
        cls,
        *,
        about: dict[str, Any],
        programme_title: str,
        rule: CertificationRule,
        by: str,
        reason: str,
        token: str,
        now: datetime,
    ) -> Self:
        """A first period from today on; go through `granting.grant`, which asks whether it may be."""
        begins = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        period = Period(
            kind=PeriodKind.GRANTED,
            valid_from=begins,
            valid_until=months_later(begins, rule.validity_months.value),
            decided=now,
            decided_by=by,
            reason=reason,
            notice_days=tuple(days.value for days in rule.expiry_notice_days),
        )
        certificate = cls(
            id=certificate_id(about["enrolment"]),
            programme_title=programme_title,
            token=token,
            periods=(period,),
            **about,
        )
        span = period.model_dump(include={"valid_from", "valid_until"})
        certificate.record(CertificationGranted(**certificate._about(), granted_by=by, **span))
        certificate._schedule_notices(now)
        return certificate

    @property
    def period(self) -> Period:
        """The latest period."""
        return self.periods[-1]

    def status(self, now: datetime) -> CertificateStatus:
        """Valid until the last period ends."""
        return CertificateStatus.VALID if now < self.period.valid_until else CertificateStatus.EXPIRED

    def meet_deadline(self, deadline: CertificateDeadline, *, now: datetime) -> None:
        """A timer came: say once that the end is near or reached, unless another period has begun.

        After an outage several notices are due at once; then the nearest says it all.
        """
        period, days = self.period, deadline.days_left
        if deadline.valid_until != period.valid_until:
            return
        if days == 0 and not period.end_announced:
            # The timer is the clock here: this process's own may be a little behind the one that sent it.
            self._note(end_announced=True)
            self.record(CertificationExpired(**self._about(), valid_until=period.valid_until))
        elif (
            days > 0
            and days not in period.notices_given
            and not period.has_a_nearer_notice_than(days, now=now)
        ):
            self._note(notices_given=(*period.notices_given, days))
            self.record(
                CertificationExpiring(**self._about(), valid_until=period.valid_until, days_left=days)
            )

    def show_publicly(self, page: PublicPage, *, by: str) -> None:
        """The person decides what their public page shows. Raises Forbidden `public_page_not_own`."""
        if by != self.person:
            raise Forbidden("public_page_not_own", "Only the person themself decides what this page shows.")
        self.public_page = page

    def _about(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "programme": self.programme,
            "enrolment": self.enrolment,
            "certificate": self.id,
        }

    def _note(self, **changes: object) -> None:
        """Of the latest period; what it says of its validity never changes."""
        self.periods = (*self.periods[:-1], self.period.model_copy(update=changes))

    def _schedule_notices(self, now: datetime) -> None:
        end = self.period.valid_until
        for days in (*self.period.notice_days, 0):
            due = self.period.notice_due(days)
            if due > now or days == 0:
                event = CertificateDeadline(**self._about(), valid_until=end, days_left=days)
                self.schedule(f"{days}_days_before_end", due, event)
