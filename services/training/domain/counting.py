"""How many hours count: kinds of which only so many do, and kinds of which none does."""

from collections.abc import Iterable, Sequence

from services.training.domain.certification import Bucket, Excluded
from services.training.domain.wording import counted
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value


class Entry(Value):
    """Hours of one kind; None where the kind doesn't matter. A correction can be below 0."""

    bucket: Code | None
    hours: float


class Tally(Value):
    """What a person's hours come to. `told` says, in sentences, which hours count for less than there are."""

    counted: float
    by_bucket: dict[str, float]
    told: tuple[str, ...] = ()

    def of(self, bucket: str) -> float:
        """How many hours of this kind count."""
        return self.by_bucket.get(bucket, 0)


def tally(entries: Iterable[Entry], *, buckets: Sequence[Bucket], excluded: Sequence[Excluded] = ()) -> Tally:
    """Excluded kinds count for nothing, bounded ones up to their maximum, all others as they are."""
    sums: dict[str, float] = {}
    for entry in entries:
        sums[entry.bucket or ""] = sums.get(entry.bucket or "", 0) + entry.hours
    told = [
        f"{counted(sums[kind.bucket], 'hour')} of {kind.title} {_verb(sums[kind.bucket])} for nothing here."
        for kind in excluded
        if sums.get(kind.bucket, 0) > 0
    ]
    counting = {code: hours for code, hours in sums.items() if code not in {kind.bucket for kind in excluded}}
    for bucket in buckets:
        there = counting.get(bucket.bucket, 0)
        counting[bucket.bucket] = bucket.counting(there)
        if there > counting[bucket.bucket]:
            told.append(
                f"{counted(there, 'hour')} of {bucket.title} are there, and at most "
                f"{counting[bucket.bucket]:g} of them count."
            )
    return Tally(counted=_rounded(sum(counting.values())), by_bucket=counting, told=tuple(told))


def _verb(hours: float) -> str:
    return "counts" if hours == 1 else "count"


def _rounded(hours: float) -> float:
    """To the thousandth of an hour: quarters added up in binary must not fall short of what is asked for."""
    return round(hours, 3)
