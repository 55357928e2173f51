"""What is wrong, of which kind, and whom it concerns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KINDS = ("lost", "doubled", "reordered", "stuck")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`kind` is one of KINDS; `person` whose history tells more."""

    kind: str
    person: str
    text: str


def lost(person: str, text: str) -> Finding:
    """Something that was answered or announced is not there."""
    return Finding(kind="lost", person=person, text=text)


def doubled(person: str, text: str) -> Finding:
    """Something has had more effect than one time of it may have."""
    return Finding(kind="doubled", person=person, text=text)


def reordered(person: str, text: str) -> Finding:
    """Something came before what it follows."""
    return Finding(kind="reordered", person=person, text=text)


def stuck(person: str, text: str) -> Finding:
    """Something goes no further."""
    return Finding(kind="stuck", person=person, text=text)


def verdict(kills: int, findings: Iterable[Finding]) -> str:
    """The one line of a run."""
    found = Counter(finding.kind for finding in findings)
    return f"kills {kills} " + " ".join(f"{kind} {found[kind]}" for kind in KINDS)


def of_persons(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings by the person they concern."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.person, []).append(finding)
    return found
