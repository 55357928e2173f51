"""When the next period of a certificate can be decided, and what counts for it."""

from datetime import datetime, timedelta
from typing import Self

from services.training.domain.certification import RenewalRule
from services.training.domain.history import Entry
from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value


class NextPeriod(Value):
    """It can be decided from `opens` to `closes` (excluded), which may lie after the present one `ends`.

    What is signed or cleared again counts from `since` on, when the present one was decided. Courses count whose
    day is not before `earliest`, the beginning of the present one and the one before it, and that are not `used`:
    so what is approved late is not lost, and nothing counts twice. Where it `confirms` a provisional one, it asks
    for the whole of the first certificate's requirements instead.
    """

    confirms: bool
    since: Moment
    earliest: Moment
    begins: Moment
    ends: Moment
    opens: Moment
    closes: Moment
    used: tuple[Id, ...] = ()
    ready_since: Moment | None = None

    @classmethod
    def first(cls, span: Entry, *, provisional: bool, rule: RenewalRule) -> Self:
        """The one that follows the first span."""
        return cls._following(span, provisional=provisional, rule=rule, earliest=span.holds_from, used=())

    def following(self, span: Entry, *, rule: RenewalRule, used: tuple[str, ...]) -> Self:
        """The one that follows a span which was decided with these courses."""
        return self._following(
            span, provisional=False, rule=rule, earliest=self.begins, used=(*self.used, *used)
        )

    def moved_to(self, ends: datetime) -> Self:
        """The same one, where the present span was made longer."""
        by = ends - self.ends
        opens = self.opens if self.confirms else self.opens + by
        return self.model_copy(update={"ends": ends, "opens": opens, "closes": self.closes + by})

    @classmethod
    def _following(
        cls, span: Entry, *, provisional: bool, rule: RenewalRule, earliest: datetime, used: tuple[str, ...]
    ) -> Self:
        assert span.holds_until is not None
        opens = span.decided if provisional else span.holds_until - timedelta(days=rule.opens_days.value)
        late = timedelta(days=rule.late_days.value if rule.late_days else 0)
        return cls(
            confirms=provisional,
            since=span.decided,
            earliest=earliest,
            begins=span.holds_from,
            ends=span.holds_until,
            opens=max(opens, span.decided),
            closes=span.holds_until + late,
            used=used,
        )
