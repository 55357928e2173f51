"""What every topic must keep to, whatever it carries: one event per sequence, rising, one partition per key."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checker.findings import Finding, doubled, reordered
from tests.chaos.checker.material import Event, Material


def check(material: Material) -> Iterator[Finding]:
    """A repetition of the same event is allowed, and nothing else."""
    yield from _one_event_per_sequence(material)
    yield from _rising(material)
    yield from _one_partition_per_key(material)


def _one_event_per_sequence(material: Material) -> Iterator[Finding]:
    copies: dict[tuple[str, str, int], set[tuple[str, str, bytes]]] = defaultdict(set)
    keys: dict[tuple[str, str, int], Event] = {}
    for record in material.records:
        copies[record.what].add((record.id, record.type, record.value))
        keys[record.what] = record
    for what, different in copies.items():
        if len(different) > 1:
            ids = sorted({id for id, _, _ in different})
            yield doubled(keys[what].key, f"{keys[what]}: {len(different)} different events, ids {ids}")


def _rising(material: Material) -> Iterator[Finding]:
    """By topic, key and subject, each event's first appearance comes after those of all lower sequences."""
    highest: dict[tuple[str, str, str, str], int] = {}
    seen: set[tuple[str, str, int]] = set()
    for record in material.records:
        if record.what in seen:
            continue
        seen.add(record.what)
        subject = (record.topic, record.key, record.source, record.subject)
        if record.number < highest.get(subject, -1):
            yield reordered(record.key, f"{record} came first after {highest[subject]}")
        highest[subject] = max(record.number, highest.get(subject, -1))


def _one_partition_per_key(material: Material) -> Iterator[Finding]:
    partitions: dict[tuple[str, str], set[int]] = defaultdict(set)
    for record in material.records:
        partitions[record.topic, record.key].add(record.partition)
    for (topic, key), numbers in partitions.items():
        if len(numbers) > 1:
            yield reordered(key, f"{topic} has events of {key} in partitions {sorted(numbers)}")
