"""What a certificate requires, how long it is valid, and what its renewal takes: data of a programme."""

from typing import Self

from pydantic import Field, model_validator

from services.training.domain.figures import Count, Hours, Sourced
from services.training.domain.wording import counted
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
                f"bucket {self.bucket}: give minimum_hours, maximum_hours or both, or leave it out"
            )
        if low and high and low.value > high.value:
            raise ValueError(
                f"bucket {self.bucket}: at least {low.value:g} and at most {high.value:g} hours can't both be; "
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
            raise ValueError("cadence: for_months and then_days go together; give both or neither")
        return self


class SupervisionRule(Value):
    """How the work is supervised; `hours` are those of supervision received."""

    cadence: Cadence
    hours: Hours | None = None
    supervisor_needs: dict[Code, str] = {}


class ProvisionalRule(Value):
    """A first certificate can be provisional, for so many months.

    What is `later` (codes of requirements) may still be missing then, and has to be there for the next period.
    """

    months: Count
    later: tuple[Code, ...] = ()

    def waits_for(self, requirement: str) -> bool:
        """May this requirement be met within the provisional period? A code covers those below it."""
        return any(requirement == code or requirement.startswith(f"{code}.") for code in self.later)


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
    def _the_buckets_fit_into_their_hours(self) -> Self:
        _must_fit("supervised_buckets", self.supervised_buckets, "supervised_hours", self.supervised_hours)
        _must_fit("training_buckets", self.training_buckets, "training_hours", self.training_hours)
        _must_fit("renewal.buckets", self.renewal.buckets, "renewal.hours", self.renewal.hours)
        return self

    @model_validator(mode="after")
    def _what_is_renewed_is_known(self) -> Self:
        for place, names, known in (
            ("attestations", self.renewal.attestations, {rule.code for rule in self.attestations}),
            ("checks", self.renewal.checks, set(self.required_checks)),
        ):
            if unknown := sorted(set(names) - known):
                raise ValueError(
                    f"renewal.{place}: {unknown[0]!r} is not among the programme's {place}; add it "
                    "there, or correct the code"
                )
        return self

    @model_validator(mode="after")
    def _every_notice_falls_into_each_validity(self) -> Self:
        months = min(self.first_months, self.validity_months.value, self.renewal.validity_months.value)
        days = max((notice.value for notice in self.expiry_notice_days), default=0)
        if days >= months * _SHORTEST_MONTH_DAYS:
            raise ValueError(
                f"expiry_notice_days: {days} days before the end may be before the beginning, as the "
                f"certificate is valid for {counted(months, 'month')}; lower it or raise validity_months"
            )
        return self


def _must_fit(place: str, buckets: tuple[Bucket, ...], whole: str, hours: Hours | None) -> None:
    least = sum(bucket.least for bucket in buckets)
    most = hours.value if hours else 0.0
    if least > most:
        raise ValueError(
            f"{place}: their minimums come to {least:g} hours, more than {whole} ({most:g}); "
            f"lower them or raise {whole}"
        )
