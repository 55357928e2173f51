"""What happened to a certificate, entry by entry, and what follows from it for any day.

Entries are only ever added. Each says since when it holds and when it was decided, so two different questions have
an answer for ever: was this person certified on that day, and what was known about it at some earlier time.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Self

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class EntryKind(StrEnum):
    """What an entry does. Those of a span say for how long the certificate is valid, the others how it stands."""

    PROVISIONAL = "provisional"
    GRANTED = "granted"
    EXTENDED = "extended"
    RENEWED = "renewed"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    REVOKED = "revoked"
    APPEALED = "appealed"
    APPEAL_DISMISSED = "appeal_dismissed"
    EXPIRED = "expired"


SPANS = frozenset({EntryKind.PROVISIONAL, EntryKind.GRANTED, EntryKind.EXTENDED, EntryKind.RENEWED})
STANDINGS = frozenset({EntryKind.SUSPENDED, EntryKind.REINSTATED, EntryKind.REVOKED})


class CertificateStatus(StrEnum):
    """How a certificate stands at a moment."""

    NONE = "none"
    """It had not begun."""
    PROVISIONAL = "provisional"
    VALID = "valid"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def is_certified(self) -> bool:
        """May the person work as a certified mentor?"""
        return self in (CertificateStatus.PROVISIONAL, CertificateStatus.VALID)


class EntryText(Value):
    """Why it was decided so; for the person and those who decide."""

    reason: str = Field(min_length=1, max_length=2_000)


class Entry(Value):
    """One thing that happened, as decided at `decided` by `decided_by` (nobody: a span ran out).

    A span holds from `holds_from` (included) to `holds_until` (excluded), both at midnight UTC; how a certificate
    stands holds from `holds_from` until another entry says otherwise. One that `undoes` what was decided at that
    moment says nothing itself: what was decided before holds again.
    """

    kind: EntryKind
    holds_from: Moment
    holds_until: Moment | None = None
    decided: Moment
    decided_by: Id | None = None
    undoes: Moment | None = None
    text: Sealed[EntryText] | None = None

    def covers(self, moment: datetime) -> bool:
        """Is the moment within this span?"""
        return self.holds_until is not None and self.holds_from <= moment < self.holds_until


class History(Value):
    """Entries in the order in which they were decided."""

    entries: tuple[Entry, ...] = Field(min_length=1)

    def with_entry(self, entry: Entry) -> Self:
        """The history with one entry more."""
        return self.model_copy(update={"entries": (*self.entries, entry)})

    @property
    def spans(self) -> tuple[Entry, ...]:
        """Every span of validity, oldest first."""
        return tuple(entry for entry in self.entries if entry.kind in SPANS)

    @property
    def span(self) -> Entry:
        """The latest span."""
        return self.spans[-1]

    @property
    def ends(self) -> datetime:
        """When the latest span ends."""
        end = self.span.holds_until
        assert end is not None
        return end

    @property
    def is_provisional(self) -> bool:
        """Is the latest span a first, provisional one, however it stands?"""
        return _is_provisional(self.spans)

    @property
    def begins(self) -> datetime:
        """Since when it is valid without a gap, up to the end of the latest span."""
        begins = self.span.holds_from
        for span in reversed(self.spans):
            if span.holds_until == begins:
                begins = span.holds_from
        return begins

    @property
    def standing(self) -> Entry | None:
        """The last word on whether it is suspended or revoked; None where that never was the question."""
        return _last(_standings(self.entries))

    def status_on(self, moment: datetime, *, known: datetime | None = None) -> CertificateStatus:
        """How the certificate stood at a moment, as far as it was `known` at another one (by default: by now)."""
        entries = [entry for entry in self.entries if known is None or entry.decided <= known]
        standing = _last(one for one in _standings(entries) if one.holds_from <= moment)
        stands_as = standing.kind if standing else None
        spans = [one for one in entries if one.kind in SPANS]
        if not any(one.holds_from <= moment for one in spans):
            return CertificateStatus.NONE
        if stands_as is EntryKind.REVOKED:
            return CertificateStatus.REVOKED
        span = _last(one for one in spans if one.covers(moment))
        if span is None:
            return CertificateStatus.EXPIRED
        if stands_as is EntryKind.SUSPENDED:
            return CertificateStatus.SUSPENDED
        provisional = _is_provisional(spans[: spans.index(span) + 1])
        return CertificateStatus.PROVISIONAL if provisional else CertificateStatus.VALID

    def statuses_on(self, day: date, *, known: datetime | None = None) -> tuple[CertificateStatus, ...]:
        """How it stood in the course of one day in UTC, in order: one status, or several where it changed."""
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        ends = begins + timedelta(days=1)
        changes = {at for entry in self.entries for at in (entry.holds_from, entry.holds_until) if at}
        moments = (begins, *sorted(at for at in changes if begins < at < ends))
        statuses = [self.status_on(moment, known=known) for moment in moments]
        return tuple(status for status, _ in groupby(statuses))

    @property
    def extensions(self) -> int:
        """How often the latest period was made longer."""
        kinds = [span.kind for span in self.spans]
        return next(n for n, kind in enumerate(reversed(kinds)) if kind is not EntryKind.EXTENDED)

    def last_of(self, *kinds: EntryKind) -> Entry | None:
        """The last entry of any of these kinds."""
        return _last(entry for entry in self.entries if entry.kind in kinds)


def _standings(entries: Sequence[Entry]) -> Iterator[Entry]:
    """What was decided on how it stands, without what an appeal undid."""
    undone = {entry.undoes for entry in entries if entry.undoes}
    for entry in entries:
        if entry.kind in STANDINGS and entry.undoes is None and entry.decided not in undone:
            yield entry


def _is_provisional(spans: Sequence[Entry]) -> bool:
    # An extension goes on with what it extends.
    began = _last(one for one in spans if one.kind is not EntryKind.EXTENDED)
    return began is not None and began.kind is EntryKind.PROVISIONAL


def _last(entries: Iterable[Entry]) -> Entry | None:
    return next(iter(reversed([*entries])), None)
