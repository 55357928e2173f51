"""Is everything there for the next period of a certificate? A list to look at; nothing is decided here."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Self

from services.training.domain.certification import CertificationRule, RenewalRule
from services.training.domain.education import Education, EducationEntry
from services.training.domain.evidence import Evidence
from services.training.domain.next_period import NextPeriod
from services.training.domain.readiness import Readiness
from services.training.domain.requirements import Proof, Requirement
from services.training.domain.wording import counted
from shared.contracts.envelope import Code, Id
from shared.domain.aggregate import Value


class Course(Value):
    """An approved piece of continuing education; `day` is its last, an ISO 8601 date.

    It `corrects` an entry, and whatever that one corrected.
    """

    id: Id
    bucket: Code
    hours: float
    day: str
    approved_by: Id | None
    corrects: tuple[Id, ...] = ()

    @classmethod
    def of(cls, entry: EducationEntry, education: Education) -> Self:
        """As renewals look at it."""
        facts = entry.model_dump(include={"id", "bucket", "hours", "day"})
        return cls(**facts, approved_by=entry.decided_by, corrects=education.corrected_by(entry))


def courses_for(upcoming: NextPeriod, courses: Sequence[Course]) -> tuple[Course, ...]:
    """Those that count for this period: in its days, and neither they nor what they correct counted before."""
    first = upcoming.earliest.date().isoformat()
    used = set(upcoming.used)
    return tuple(
        course for course in courses if course.day >= first and used.isdisjoint((course.id, *course.corrects))
    )


def renewal_readiness(
    upcoming: NextPeriod,
    courses: Sequence[Course],
    evidence: Evidence,
    rule: CertificationRule,
    *,
    now: datetime,
) -> Readiness:
    """What the next period needs, and what there is for it."""
    mine = courses_for(upcoming, courses)
    return Readiness(
        requirements=(
            *_hours(mine, rule.renewal),
            *_statements(upcoming, evidence, rule),
            *_checks(upcoming, evidence, rule, now),
        )
    )


def _hours(courses: Sequence[Course], rule: RenewalRule) -> Iterator[Requirement]:
    by_bucket = {bucket.bucket: bucket for bucket in rule.buckets}
    sums = {code: sum(c.hours for c in courses if c.bucket == code) for code in {c.bucket for c in courses}}
    have = sum(by_bucket[code].counting(n) if code in by_bucket else n for code, n in sums.items())
    need = rule.hours.value
    sentence = f"{have:g} of {counted(need, 'hour')} of continuing education approved and counted."
    yield _line("renewal.hours", have, need, courses, sentence)
    for bucket in rule.buckets:
        if bucket.least:
            have, need = sums.get(bucket.bucket, 0.0), bucket.least
            sentence = f"{have:g} of at least {counted(need, 'hour')} in {bucket.title} approved."
            some = [course for course in courses if course.bucket == bucket.bucket]
            yield _line(f"renewal.hours.{bucket.bucket}", have, need, some, sentence)


def _line(code: str, have: float, need: float, courses: Sequence[Course], sentence: str) -> Requirement:
    proofs = tuple(Proof(at=f"education/{course.id}", by=course.approved_by) for course in courses)
    return Requirement(code=code, met=have >= need, have=have, need=need, evidence=proofs, sentence=sentence)


def _statements(upcoming: NextPeriod, evidence: Evidence, rule: CertificationRule) -> Iterator[Requirement]:
    for statement in rule.attestations:
        if statement.code in rule.renewal.attestations:
            again = evidence.has_signed(statement, since=upcoming.since)
            proofs = (Proof(at=f"attestations/{statement.code}/{statement.version}"),) if again else ()
            sentence = f"{statement.title} is {'signed again' if again else 'to be signed again'}."
            yield Requirement(
                code=f"renewal.attestation.{statement.code}",
                met=again,
                have=len(proofs),
                need=1,
                evidence=proofs,
                sentence=sentence,
            )


def _checks(
    upcoming: NextPeriod, evidence: Evidence, rule: CertificationRule, now: datetime
) -> Iterator[Requirement]:
    for code in rule.renewal.checks:
        cleared = evidence.check_cleared_since(code, upcoming.since, now=now)
        proofs = (Proof(at=f"candidates/{cleared.candidate}/checks/{code}"),) if cleared else ()
        title = rule.required_checks[code]
        yield Requirement(
            code=f"renewal.check.{code}",
            met=bool(proofs),
            have=len(proofs),
            need=1,
            evidence=proofs,
            sentence=f"{title}: {'cleared again' if cleared else 'to be cleared again; your site sees to it'}.",
        )
