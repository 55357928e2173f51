"""What each service must have made of the events it hears, and of its own: derived anew from what is published."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.chaos.checker.findings import Finding, doubled, lost, reordered
from tests.chaos.checker.material import Document, Event, Material


def platform(material: Material) -> Iterator[Finding]:
    """Across the four services."""
    for check in (
        _states,
        _applications,
        _enrolments,
        _places,
        _certificates,
        _placements,
        _hours,
        _evidence,
        _contacts,
    ):
        yield from check(material)


def echo(material: Material) -> Iterator[Finding]:
    """Each approval is answered with one return, in the same order; the sum is that of the approvals."""
    approved, returned = (
        material.of_type("supervision.hours.approved"),
        material.of_type("supervision.hours.returned"),
    )
    yield from _each_once(
        approved, returned, lambda one: (one.data["placement"], one.data["entry"]), "hours.returned"
    )
    answers = _by(returned, "placement")
    for placement, causes in _by(approved, "placement").items():
        wanted = [one.data["entry"] for one in _in_order(causes)]
        found = [one.data["entry"] for one in _in_order(answers.get(placement, []))]
        yield from _same_order(placement, "answers", wanted, found)
        tally = material.row("supervision", "tallies", placement)
        yield from _same(placement, "the tally", tally["total"] if tally else 0, causes)


def _states(material: Material) -> Iterator[Finding]:
    """Nothing is announced that is not saved: the state is at least at the sequence of its last event."""
    last: dict[tuple[str, str], Event] = {}
    for event in material.events:
        at = (_OWNER.get(event.source, event.source.rpartition("/")[2]), event.subject)
        if "/timers/" not in event.subject and event.number > (last[at].number if at in last else 0):
            last[at] = event
    versions: dict[tuple[str, str], int] = {}
    for service, collections in material.databases.items():
        for row in (row for rows in collections.values() for row in rows if "version" in row):
            versions[service, row["_id"]] = max(row["version"], versions.get((service, row["_id"]), 0))
    for at, event in last.items():
        if versions.get(at, 0) < event.number:
            yield lost(event.key, f"{event} is announced, and its state is at version {versions.get(at)}")


_OWNER = {"/peerpath/people": "recruitment"}


def _applications(material: Material) -> Iterator[Finding]:
    """A candidate is announced once; each interview and each decision too."""
    for row in material.rows("recruitment", "candidates"):
        for name, wanted in (
            ("recruitment.candidate.applied", 1),
            ("recruitment.candidate.interview_scheduled", len(row["interviews"])),
            ("recruitment.candidate.screened", len(row["decisions"])),
        ):
            yield from _count(
                row["person"], f"{name} of {row['_id']}", wanted, _about(material, name, "candidate", row)
            )


def _enrolments(material: Material) -> Iterator[Finding]:
    """One for each accepted person and programme, opened once."""
    accepted = [
        one for one in material.of_type("recruitment.candidate.screened") if one.data["outcome"] == "accepted"
    ]
    wanted = Counter((one.data["person"], one.data["programme"]) for one in accepted)
    found = Counter((row["person"], row["programme"]) for row in material.rows("training", "enrolments"))
    for at in wanted.keys() | found.keys():
        yield from _count(at[0], f"enrolments of {at}", min(1, wanted[at]), found[at])
    for row in material.rows("training", "enrolments"):
        for name, count in (
            ("training.enrolment.opened", 1),
            ("training.training.completed", int(row["training_completed"] is not None)),
            ("training.certification.ready", int(row["ready_since"] is not None)),
            ("training.certification.granted", int(row["certificate"] is not None)),
        ):
            yield from _count(
                row["person"], f"{name} of {row['_id']}", count, _about(material, name, "enrolment", row)
            )


def _places(material: Material) -> Iterator[Finding]:
    """Whoever is accepted holds a place until their training is completed, and nobody else does."""
    accepted = [
        one for one in material.of_type("recruitment.candidate.screened") if one.data["outcome"] == "accepted"
    ]
    completed = material.of_type("training.training.completed")
    over = {(one.data["person"], one.data["programme"]) for one in completed}
    wanted = Counter({(one.data["person"], one.data["programme"]) for one in accepted} - over)
    intakes = material.rows("recruitment", "intakes")
    found = Counter((place["person"], row["programme"]) for row in intakes for place in row["places"])
    for at in wanted.keys() | found.keys():
        yield from _count(at[0], f"places of {at}", wanted[at], found[at])


def _certificates(material: Material) -> Iterator[Finding]:
    """What is granted is kept, and known to supervision."""
    granted = material.of_type("training.certification.granted")
    yield from _each_once(
        granted, material.rows("training", "certificates"), lambda one: _of(one, "certificate"), "certificate"
    )
    for event in granted:
        for placement in material.rows("supervision", "placements"):
            if placement["enrolment"] == event.data["enrolment"] and placement["phase"] != "certified":
                yield lost(
                    event.key, f"{event}: placement {placement['_id']} is in phase {placement['phase']}"
                )


def _placements(material: Material) -> Iterator[Finding]:
    """One for each completed training, opened once; and its sums are those of what was announced."""
    rows = material.rows("supervision", "placements")
    completed = material.of_type("training.training.completed")
    opened = material.of_type("supervision.placement.opened")
    yield from _each_once(completed, rows, lambda one: _of(one, "enrolment"), "placement")
    yield from _each_once(completed, opened, lambda one: _of(one, "enrolment"), "placement.opened")
    for row in rows:
        for name, wanted in (
            ("supervision.supervisor.assigned", len(row["assignments"])),
            ("supervision.supervision.logged", row["sessions"]),
            ("supervision.performance.reviewed", len(row["reviews"])),
        ):
            yield from _count(
                row["person"], f"{name} of {row['_id']}", wanted, _about(material, name, "placement", row)
            )


def _hours(material: Material) -> Iterator[Finding]:
    """Each entry is announced once when it is reported and once when it is signed; sums are exact."""
    reported, approved = (
        material.of_type("supervision.hours.reported"),
        material.of_type("supervision.hours.approved"),
    )
    entries = material.rows("supervision", "hours")
    signed = [row for row in entries if row["state"] == "approved"]
    yield from _each_once(reported, entries, lambda one: _of(one, "entry"), "entry of hours")
    yield from _each_once(approved, signed, lambda one: _of(one, "entry"), "signed entry")
    for row in material.rows("supervision", "placements"):
        own = [one for one in approved if one.data["placement"] == row["_id"]]
        yield from _same(row["person"], f"hours of placement {row['_id']}", row["hours"]["approved"], own)
        if own and (total := _in_order(own)[-1].data["total"]) != row["hours"]["approved"]:
            yield lost(
                row["person"],
                f"{row['_id']}: {total} hours were announced last, not {row['hours']['approved']}",
            )


def _evidence(material: Material) -> Iterator[Finding]:
    """Training has every signed hour and every review once, in the order in which they were announced."""
    hours = _by(material.of_type("supervision.hours.approved"), "person")
    reviews = _by(material.of_type("supervision.performance.reviewed"), "person")
    assigned = _by(material.of_type("supervision.supervisor.assigned"), "person")
    for row in material.rows("training", "enrolments"):
        person = row["person"]
        heard = row["evidence"]
        wanted = [one.data["entry"] for one in _in_order(hours.get(person, []))]
        yield from _same_order(person, "hours in training", wanted, [one["entry"] for one in heard["hours"]])
        wanted = [one.data["review"] for one in _in_order(reviews.get(person, []))]
        yield from _same_order(
            person, "reviews in training", wanted, [one["review"] for one in heard["reviews"]]
        )
        yield from _sum(
            person, "training", sum(one["hours"] for one in heard["hours"]), hours.get(person, [])
        )
        if person in assigned:
            last = _in_order(assigned[person])[-1].data["supervisor"]
            known = material.row("training", "supervisors", person)
            told = [one["supervisor"] for one in known["placements"]] if known else []
            if (row["supervisor"], told) != (last, [last]):
                yield lost(person, f"{last} supervises, and training knows {row['supervisor']}, {told}")


def _contacts(material: Material) -> Iterator[Finding]:
    """The last contact of everybody is known wherever it is heard."""
    for person, told in _by(material.of_type("people.person.contact"), "person").items():
        last = _in_order(told)[-1].data
        for service, collection, fields in (
            ("notifications", "recipients", ("name", "email", "language", "time_zone")),
            ("training", "contacts", ("name",)),
        ):
            row = material.row(service, collection, person)
            if row is None or any(row[name] != last[name] for name in fields):
                yield lost(person, f"{service} does not know the last contact of {person}")
    for row in material.rows("recruitment", "people"):
        if not _about(material, "people.person.contact", "person", row):
            yield lost(row["_id"], f"the contact of {row['_id']} is not on its topic")


def _about(material: Material, name: str, field: str, row: Document) -> int:
    return sum(one.data[field] == row["_id"] for one in material.of_type(name))


def _count(person: str, what: str, wanted: int, found: int) -> Iterator[Finding]:
    if found != wanted:
        kind = lost if found < wanted else doubled
        yield kind(person, f"{what}: {found} where there must be {wanted}")


def _each_once(
    causes: Iterable[Event], effects: Iterable[Event | Document], at: Callable[[Any], object], what: str
) -> Iterator[Finding]:
    """One effect for each cause, and none without."""
    caused, found = {at(one): one for one in causes}, Counter(at(one) for one in effects)
    persons = {at(one): one.key if isinstance(one, Event) else str(one.get("person", "-")) for one in effects}
    for where in caused.keys() | found.keys():
        person = caused[where].key if where in caused else persons[where]
        yield from _count(person, f"{what} of {where}", int(where in caused), found[where])


def _of(one: Event | Document, name: str) -> object:
    """A field of an event; of a document that, or its own id where it is what the field names."""
    return one.data[name] if isinstance(one, Event) else one.get(name, one["_id"])


def _by(events: Iterable[Event], field: str) -> Mapping[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.data[field]].append(event)
    return found


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda one: (one.subject, one.number))


def _sum(person: str, what: str, found: float, approved: Iterable[Event]) -> Iterator[Finding]:
    wanted = sum(one.data["hours"] for one in approved)
    if found != wanted:
        kind = lost if found < wanted else doubled
        yield kind(person, f"{what} has {found} hours where {wanted} were approved")


def _same(person: str, what: str, found: float, approved: Iterable[Event]) -> Iterator[Finding]:
    """A sum in the database that announced its parts: where the two differ, one of them lacks something."""
    announced = sum(one.data["hours"] for one in approved)
    if found != announced:
        yield lost(person, f"{what}: {found}, and {announced} were announced")


def _same_order(person: str, what: str, wanted: list[str], found: list[str]) -> Iterator[Finding]:
    missing, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
    if missing:
        yield lost(person, f"{what}: {sorted(missing)} are missing")
    if more:
        yield doubled(person, f"{what}: {sorted(more.elements())} are there without an event, or once more")
    if not missing and not more and found != wanted:
        yield reordered(person, f"{what}: {found} where the order is {wanted}")
