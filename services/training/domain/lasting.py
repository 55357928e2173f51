"""How long a certificate is valid: spans, what makes them longer, and what is announced before they end."""

import calendar
from datetime import datetime, timedelta

from services.training.domain.certification import ExtensionRule
from services.training.domain.credential import Credential, Notice, midnight
from services.training.domain.history import CertificateStatus, Entry, EntryKind
from services.training.domain.wording import counted
from shared.contracts.training import (
    CertificateDeadline,
    CertificationExpired,
    CertificationExpiring,
    CertificationExtended,
    CertificationRenewed,
)
from shared.domain.errors import Conflict
from shared.domain.people import Actor


def months_later(day: datetime, months: int) -> datetime:
    """The same day of the month so many calendar months on, or that month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


class Lasting(Credential):
    """The rules of `Certificate` about its spans."""

    def extend(self, *, rule: ExtensionRule | None, by: Actor, reason: str, now: datetime) -> None:
        """A certifier makes the latest span longer, as often as the programme allows.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `extension_not_in_programme`, `certificate_not_in_force`, `extensions_used_up`.
            Invalid: `reason_missing`.
        """
        self.must_be_decided_by(by)
        if rule is None:
            raise Conflict(
                "extension_not_in_programme",
                "This programme knows no extension; renew the certificate instead.",
            )
        self._must_be_in_force(now, doing="extended")
        if self.history.extensions >= rule.times.value:
            raise Conflict(
                "extensions_used_up",
                f"This period was extended {counted(rule.times.value, 'time')} already, which is all the programme "
                "allows; renew the certificate instead.",
            )
        until = months_later(self.ends, rule.months.value)
        entry = self._enter(
            EntryKind.EXTENDED, by=by, reason=reason, now=now, holds_from=self.ends, holds_until=until
        )
        self._lasts_as(entry, now)
        self.record(
            CertificationExtended(
                **self._about(), extended_by=by.person, valid_from=entry.holds_from, valid_until=until
            )
        )

    def prolong(self, kind: EntryKind, *, months: int, by: Actor, reason: str, now: datetime) -> Entry:
        """The next span: from the end of the latest, or from today where that is past and the gap stays a gap.

        Go through `renewing`, which asks whether it may be.
        """
        begins = max(self.ends, midnight(now))
        until = months_later(begins, months)
        entry = self._enter(kind, by=by, reason=reason, now=now, holds_from=begins, holds_until=until)
        self._lasts_as(entry, now)
        self.record(
            CertificationRenewed(**self._about(), renewed_by=by.person, valid_from=begins, valid_until=until)
        )
        return entry

    def watch_the_end_again(self, now: datetime) -> None:
        """Its timers are set anew: while it was revoked those that came told nothing, that it ended neither."""
        self._lasts_as(self.history.span, now)

    def meet_deadline(self, deadline: CertificateDeadline, *, now: datetime) -> None:
        """A timer came: say once that the end is near or reached, unless another span has begun.

        After an outage several notices are due at once; then the nearest says it all. One that is suspended ends
        like any other, and its holder hears of it in time; of one that is revoked there is nothing left to say.
        """
        if deadline.valid_until != self.ends or self.status(now) is CertificateStatus.REVOKED:
            return
        notice = Notice(ends=self.ends, days_left=deadline.days_left)
        if notice in self.notices:
            return
        if deadline.days_left == 0:
            # The timer is the clock here: this process's own may be a little behind the one that sent it.
            self._expire(notice, now)
        elif not self._has_a_nearer_notice_than(deadline.days_left, now):
            self.notices = (*self.notices, notice)
            self.record(
                CertificationExpiring(**self._about(), valid_until=self.ends, days_left=deadline.days_left)
            )

    def _expire(self, notice: Notice, now: datetime) -> None:
        self.notices = (*self.notices, notice)
        ended = Entry(kind=EntryKind.EXPIRED, holds_from=self.ends, decided=max(now, self.ends))
        self.history = self.history.with_entry(ended)
        self.record(CertificationExpired(**self._about(), valid_until=self.ends))

    def _has_a_nearer_notice_than(self, days: int, now: datetime) -> bool:
        """Is the end, or a notice nearer to it than this one, due as well?"""
        return any(self._notice_due(nearer) <= now for nearer in (*self.notice_days, 0) if nearer < days)

    def _notice_due(self, days: int) -> datetime:
        return self.ends - timedelta(days=days)

    def _lasts_as(self, span: Entry, now: datetime) -> None:
        """The end is this span's: timers are set for it, and those of the one before are replaced."""
        assert span.holds_until is not None
        self.ends = span.holds_until
        for days in (*self.notice_days, 0):
            name, due = f"{days}_days_before_end", self._notice_due(days)
            if due > now or days == 0:
                event = CertificateDeadline(**self._about(), valid_until=self.ends, days_left=days)
                self.schedule(name, due, event)
            else:
                self.cancel(name)
