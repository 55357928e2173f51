"""What an answer promised: the state is at least at its ETag, and the event that announces it is on its topic.

And nothing beyond: as many events as there were different commands, however often each was asked.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.checker.findings import Finding, doubled, lost
from tests.chaos.checker.material import Event, Line, Material

KEY = "key"
"""In place of a field of an answer: the command's Idempotency-Key itself."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One route that changes something, as its service's README has it.

    `event` announces it, with fields taken from the path (`path`) and from the answer (`answer`). The ETag is the
    version of the document in `collection` whose id is `id`, a group of the pattern or a field of the answer.
    """

    service: str
    route: str
    collection: str
    id: str
    event: str | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, str] = field(default_factory=dict)
    named_by: str = "_id"
    """The field of the document that `id` names."""
    once: bool = False
    """However many keys there are, it happens once: a replacement by what is there already changes nothing."""

    def match(self, line: Line) -> re.Match[str] | None:
        """The parts of the path, if this is the route."""
        if line["service"] != self.service:
            return None
        return re.fullmatch(
            re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.route), f"{line['method']} {line['path']}"
        )


def check(material: Material, table: Sequence[Command]) -> Iterator[Finding]:
    """Every command of the history against what is there now."""
    for command in table:
        asked = [(line, found) for line in material.history if (found := _asked(command, line))]
        if not asked:
            continue
        events = material.of_type(command.event) if command.event else ()
        for line, parts in asked:
            if line["what"] == "answered" and 200 <= line["status"] < 300:
                yield from _kept(material, command, events, line, parts)
        if command.event:
            yield from _no_more(command, events, asked)
    yield from _unknown(material, table)


def _asked(command: Command, line: Line) -> Mapping[str, str] | None:
    found = command.match(line) if "path" in line else None
    return found.groupdict() if found else None


def _kept(
    material: Material, command: Command, events: Sequence[Event], line: Line, parts: Mapping[str, str]
) -> Iterator[Finding]:
    what = f"{line['method']} {line['path']} (key {line['key']}) was answered with {line['status']}"
    id = parts.get(command.id) or line["ids"].get(command.id, "")
    rows = material.rows(command.service, command.collection)
    row = next((row for row in rows if row[command.named_by] == id), None)
    version = int(line["etag"].strip('W/"')) if line["etag"] else 0
    if row is None or row["version"] < version:
        has = f"is at version {row['version']}" if row else "is not there"
        yield lost(line["person"], f"{what}, version {version}; {command.collection} {id} {has}")
    wanted = {name: parts[group] for name, group in command.path.items()}
    wanted |= {name: line["key"] if at == KEY else line["ids"].get(at) for name, at in command.answer.items()}
    if command.event and not any(_says(event, wanted) for event in events):
        yield lost(line["person"], f"{what}; no {command.event} says {wanted}")


def _no_more(
    command: Command, events: Sequence[Event], asked: Sequence[tuple[Line, Mapping[str, str]]]
) -> Iterator[Finding]:
    """As many events as there were keys for the same path."""
    keys: dict[tuple[tuple[str, str], ...], set[str]] = defaultdict(set)
    persons: dict[tuple[tuple[str, str], ...], str] = {}
    for line, parts in asked:
        # Without a part of the path to go by, the person tells whose it is.
        wanted = {name: parts[group] for name, group in command.path.items()} or {"person": line["who"]}
        at = tuple(sorted(wanted.items()))
        keys[at].add("" if command.once else str(line["key"]))
        persons[at] = line["person"]
    for at, own in keys.items():
        found = [event for event in events if _says(event, dict(at))]
        if len(found) > len(own):
            told = "; ".join(map(str, found))
            yield doubled(
                persons[at], f"{len(own)} {command.route} of {dict(at)} led to {len(found)}: {told}"
            )


def _says(event: Event, wanted: Mapping[str, object]) -> bool:
    return all(str(event.data.get(name)) == str(value) for name, value in wanted.items())


def _unknown(material: Material, table: Sequence[Command]) -> Iterator[Finding]:
    """A route that the table does not know is not checked, and that is wrong too."""
    routes = {
        (line["service"], line["method"], line["path"]): line for line in material.history if "path" in line
    }
    for line in routes.values():
        if not any(command.match(line) for command in table):
            yield lost(line["person"], f"the checker knows nothing of {line['method']} {line['path']}")
