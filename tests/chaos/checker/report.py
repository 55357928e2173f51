"""Prints what is wrong, and the history of those concerned: what they did, what was announced, what was broken."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tests.chaos.checker.findings import Finding, of_persons
from tests.chaos.checker.material import Line, Material

PERSONS, FINDINGS, LINES = 5, 20, 150
_ENVELOPE = ("at", "what", "person", "site", "who")


def report(material: Material, findings: Sequence[Finding]) -> Iterator[str]:
    """Lines to print; the first persons in full, of the others what is wrong."""
    for place, (person, own) in enumerate(of_persons(findings).items()):
        yield f"\n{person}:"
        for finding in own[:FINDINGS]:
            yield f"  {finding.kind}: {finding.text}"
        if len(own) > FINDINGS:
            yield f"  and {len(own) - FINDINGS} more"
        if place < PERSONS:
            yield from history_of(material, person)


def history_of(material: Material, person: str) -> Iterator[str]:
    """In the order of time; faults only as far as they fall into it."""
    own = [line for line in material.history if person in (line.get("person"), line.get("who"))]
    told = [(line["at"], f"{line['what']}: {_facts(line)}") for line in own]
    told += [
        (datetime.fromisoformat(event.time).timestamp(), f"event {event}")
        for event in material.records
        if event.key == person
    ]
    if not told:
        return
    first, last = min(told)[0] - 1, max(told)[0] + 5
    told += [
        (line["at"], f"FAULT {line['what']} {_facts(line)}")
        for line in material.faults
        if first <= line["at"] <= last and line["what"] != "start"
    ]
    yield "  its history:"
    shown = sorted(told)
    for at, text in shown[-LINES:]:
        yield f"    {datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3] + f" {text}"


def _facts(line: Line) -> str:
    facts = {name: value for name, value in line.items() if name not in _ENVELOPE and value is not None}
    who = f"{line['who']} " if line.get("who") else ""
    return who + json.dumps(facts)
