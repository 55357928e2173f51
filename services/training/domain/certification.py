"""What a certificate requires, how long it is valid, and what its renewal takes: data of a programme."""

from collections.abc import Iterator, Sequence
from typing import Self

from pydantic import Field, model_validator

from services.training.domain.figures import Count, Hours, Sourced, must_hold
from services.training.domain.wording import counted, listed, repeated
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

_SHORTEST_MONTH_DAYS = 28


class Bucket(Value):
    """Hours of one kind inside a whole: at least so many of them, and no more than so many count.

    `bucket` is the code of the kind: supervision's where the hours are supervised work, a module's where they are
    training, an entry's where they are continuing education.
    """

    bucket: Code
    title: str = Field(min_length=1)
    minimum_hours: Hours | None = None
    maximum_hours: Hours | None = None

    @model_validator(mode="after")
    def _the_bounds_leave_room(self) -> Self:
        low, high = self.minimum_hours, self.maximum_hours
        if low is None and high is None:
            raise ValueError(
                f"{self.bucket} has no bound; give minimum_hours, maximum_hours or both, or leave it out"
            )
        if low and high and low.value > high.value:
            raise ValueError(
                f"{self.bucket}: at least {low.value:g} and at most {high.value:g} hours can't both be; "
                "lower the minimum or raise the maximum"
            )
        return self

    @property
    def least(self) -> float:
        """At least so many hours; 0 where any will do."""
        return self.minimum_hours.value if self.minimum_hours else 0

    def counting(self, hours: float) -> float:
        """How many of these hours count toward the whole."""
        return min(hours, self.maximum_hours.value) if self.maximum_hours else hours


class Excluded(Sourced):
    """Hours of this kind count for nothing, such as self-study where work is asked for."""

    bucket: Code
    title: str = Field(min_length=1)


class AttestationRule(Value):
    """A statement to sign, in the version that is in force."""

    code: Code
    version: str = Field(min_length=1)
    title: str = Field(min_length=1)


class DocumentRule(Sourced):
    """Something shown by a document in one of several ways (code -> what it says), such as work done before."""

    code: Code
    title: str = Field(min_length=1)
    any_of: dict[Code, str] = Field(min_length=1)


class Cadence(Value):
    """Supervision meetings at least every `days`; after the first `for_months`, every `then_days`."""

    days: Count
    for_months: Count | None = None
    then_days: Count | None = None

    @model_validator(mode="after")
    def _the_second_phase_is_whole(self) -> Self:
        if (self.for_months is None) != (self.then_days is None):
            raise ValueError("for_months and then_days go together; give both or neither")
        return self


class SupervisionRule(Value):
    """How the work is supervised; `hours` are those of supervision received."""

    cadence: Cadence
    hours: Hours | None = None
    supervisor_needs: dict[Code, str] = {}


LATER = ("supervised_hours", "performance_reviews", "supervision_hours", "document")
"""Requirements that a provisional certificate can come before."""


class ProvisionalRule(Value):
    """A first certificate can be provisional, for so many months.

    What is `later` (codes of requirements) may still be missing then, and has to be there for the next period.
    """

    months: Count
    later: tuple[Code, ...] = ()

    def waits_for(self, requirement: str) -> bool:
        """May this requirement be met within the provisional period? A code covers those below it."""
        return any(requirement == code or requirement.startswith(f"{code}.") for code in self.later)

    @model_validator(mode="after")
    def _what_is_later_can_be(self) -> Self:
        unknown = sorted(set(self.later) - set(LATER))
        if unknown:
            raise ValueError(f"later: {listed(unknown)} can't wait; choose from {listed(LATER)}")
        return self


class ExtensionRule(Value):
    """A period can be made longer, so many times and by so many months each."""

    months: Count
    times: Count


class RenewalRule(Value):
    """What has to be there within a period for the next one; `opens_days` before its end it can be decided.

    `attestations` are signed and `checks` cleared anew within the period. After the end it can still be renewed
    for `late_days`; the next period then begins on the day of the decision, and the gap stays a gap.
    """

    hours: Hours
    buckets: tuple[Bucket, ...] = ()
    attestations: tuple[Code, ...] = ()
    checks: tuple[Code, ...] = ()
    opens_days: Count
    late_days: Count | None = None
    validity_months: Count


class Clocks(Value):
    """Within how many days people decide, and how long an appeal can be made."""

    decision_days: Count
    appeal_days: Count
    appeal_decision_days: Count


class CertificationRule(Value):
    """What has to be there before a certifier may decide, and what follows from the decision.

    `supervised_hours` is missing where the certificate asks for no work before it. Hours of an `excluded` kind
    count for none of the supervised hours.
    """

    required_modules: tuple[Code, ...] = Field(min_length=1)
    training_hours: Hours
    training_buckets: tuple[Bucket, ...] = ()
    supervised_hours: Hours | None = None
    supervised_buckets: tuple[Bucket, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    supervision: SupervisionRule | None = None
    reviews_that_meet: Count | None = None
    documents: tuple[DocumentRule, ...] = ()
    attestations: tuple[AttestationRule, ...] = ()
    required_checks: dict[Code, str] = {}
    provisional: ProvisionalRule | None = None
    validity_months: Count
    extension: ExtensionRule | None = None
    renewal: RenewalRule
    clocks: Clocks
    expiry_notice_days: tuple[Count, ...] = ()

    @property
    def hours_of_work(self) -> float:
        """Supervised hours that are asked for; 0 where none are."""
        return self.supervised_hours.value if self.supervised_hours else 0

    @property
    def first_months(self) -> int:
        """How long the first period is valid."""
        return (self.provisional.months if self.provisional else self.validity_months).value

    def waits_for(self, requirement: str) -> bool:
        """May a first, provisional certificate be granted without this one?"""
        return self.provisional is not None and self.provisional.waits_for(requirement)

    @model_validator(mode="after")
    def _it_holds_together(self) -> Self:
        must_hold(
            (
                *_twice(self),
                *_too_small(
                    "supervised_buckets", self.supervised_buckets, "supervised_hours", self.supervised_hours
                ),
                *_too_small("training_buckets", self.training_buckets, "training_hours", self.training_hours),
                *_too_small("renewal.buckets", self.renewal.buckets, "renewal.hours", self.renewal.hours),
                *_excluded_and_asked_for(self),
                *_not_renewable(self),
                *_notices_too_early(self),
            )
        )
        return self


def _twice(rule: CertificationRule) -> Iterator[str]:
    for place, names in (
        ("required_modules", rule.required_modules),
        ("training_buckets", [bucket.bucket for bucket in rule.training_buckets]),
        ("supervised_buckets", [bucket.bucket for bucket in rule.supervised_buckets]),
        ("excluded", [kind.bucket for kind in rule.excluded]),
        ("documents", [document.code for document in rule.documents]),
        ("attestations", [statement.code for statement in rule.attestations]),
        ("expiry_notice_days", [f"{days.value} days" for days in rule.expiry_notice_days]),
        ("renewal.buckets", [bucket.bucket for bucket in rule.renewal.buckets]),
    ):
        if twice := repeated(names):
            yield f"{place}: {listed(twice)} is there twice; keep one"


def _too_small(place: str, buckets: Sequence[Bucket], whole: str, hours: Hours | None) -> Iterator[str]:
    if buckets and hours is None:
        yield f"{place}: there are no {whole} they could be part of; add {whole} or remove them"
    least = sum(bucket.least for bucket in buckets)
    if hours is not None and least > hours.value:
        yield (
            f"{place}: their minimums come to {least:g} hours, more than {whole} ({hours.value:g}); "
            f"lower them or raise {whole}"
        )


def _excluded_and_asked_for(rule: CertificationRule) -> Iterator[str]:
    both = {kind.bucket for kind in rule.excluded} & {bucket.bucket for bucket in rule.supervised_buckets}
    if both:
        yield f"excluded: {listed(sorted(both))} is among supervised_buckets too; remove it from one of them"
    if rule.excluded and rule.supervised_hours is None:
        yield "excluded: there are no supervised_hours to exclude from; add supervised_hours or remove it"


def _not_renewable(rule: CertificationRule) -> Iterator[str]:
    for place, names, known in (
        ("attestations", rule.renewal.attestations, {statement.code for statement in rule.attestations}),
        ("checks", rule.renewal.checks, set(rule.required_checks)),
    ):
        if unknown := sorted(set(names) - known):
            yield (
                f"renewal.{place}: {listed(unknown)} is not among the programme's {place}; "
                "add it there, or correct the code"
            )


def _notices_too_early(rule: CertificationRule) -> Iterator[str]:
    months = min(rule.first_months, rule.validity_months.value, rule.renewal.validity_months.value)
    days = max((notice.value for notice in rule.expiry_notice_days), default=0)
    if days >= months * _SHORTEST_MONTH_DAYS:
        yield (
            f"expiry_notice_days: {days} days before the end may be before the beginning, as the "
            f"certificate is valid for {counted(months, 'month')}; lower it or raise validity_months"
        )
