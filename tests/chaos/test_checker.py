"""The checker on a small world: nothing is found where nothing is wrong, and each thing that is wrong by its kind."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.chaos import small_world as small
from tests.chaos.checker.__main__ import findings
from tests.chaos.checker.findings import Finding, verdict
from tests.chaos.checker.material import Event
from tests.chaos.checker.report import report


@dataclass(kw_only=True)
class World:
    """The small world, to be changed."""

    records: list[Event] = field(default_factory=small.records)
    databases: Any = field(default_factory=small.databases)
    history: Any = field(default_factory=small.history)

    def without(self, name: str, number: int = 0) -> None:
        """Take an event out."""
        self.records.remove(self.of(name, number))

    def of(self, name: str, number: int = 0) -> Event:
        """An event by its name."""
        return [one for one in self.records if one.name == name][number]

    def again(self, name: str, **changes: Any) -> None:
        """An event once more at the end of its topic."""
        self.records.append(replace(self.of(name), offset=99, **changes))

    def row(self, service: str, collection: str, place: int = 0) -> Any:
        """A document."""
        return self.databases[service][collection][place]

    def found(self) -> list[Finding]:
        """What the checker says of it."""
        material = small.world(records=self.records, databases=self.databases, history=self.history)
        return list(findings(material, "platform"))


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """The small world is whole, and a repetition on the wire is no fault."""
    world = World()
    world.records.append(world.of("recruitment.candidate.applied"))
    assert world.found() == []
    assert verdict(7, []) == "kills 7 lost 0 doubled 0 reordered 0 stuck 0"


def _lost_version(world: World) -> None:
    world.row("supervision", "placements")["version"] = 4


def _lost_enrolment(world: World) -> None:
    world.databases["training"]["enrolments"].clear()


def _lost_hours(world: World) -> None:
    world.row("training", "enrolments")["evidence"]["hours"].pop()


def _lost_message(world: World) -> None:
    world.databases["notifications"]["messages"].pop()


def _lost_mail(world: World) -> None:
    world.databases["notifications"]["deliveries"].pop()


def _lost_contact(world: World) -> None:
    world.row("notifications", "recipients")["email"] = "an.old@address.example"


def _lost_supervisor(world: World) -> None:
    world.row("training", "enrolments")["supervisor"] = None


def _failed_mail(world: World) -> None:
    world.row("notifications", "deliveries").update(state="failed", reason="gave_up")


def _lost_state(world: World) -> None:
    world.row("recruitment", "candidates")["version"] = 1


LOST: dict[str, Callable[[World], None]] = {
    "a version that was answered": _lost_version,
    "a state that was announced": _lost_state,
    "the event of a command": lambda world: world.without("supervision.hours.reported"),
    "the event of a state": lambda world: world.without("recruitment.candidate.applied"),
    "the event of a reaction": lambda world: world.without("supervision.placement.opened"),
    "the effect of an acceptance": _lost_enrolment,
    "the effect of signed hours": _lost_hours,
    "the effect of an assignment": _lost_supervisor,
    "a message": _lost_message,
    "an e-mail": _lost_mail,
    "an e-mail that failed": _failed_mail,
    "the last contact": _lost_contact,
}


def _two_enrolments(world: World) -> None:
    world.databases["training"]["enrolments"].append(world.row("training", "enrolments"))


def _place_kept(world: World) -> None:
    world.row("recruitment", "intakes")["places"] = [{"candidate": "c", "person": "ana"}]


def _hours_twice(world: World) -> None:
    heard = world.row("training", "enrolments")["evidence"]["hours"]
    heard.append(heard[0])


def _told_twice(world: World) -> None:
    world.databases["notifications"]["messages"].append(world.row("notifications", "messages"))


def _told_a_stranger(world: World) -> None:
    stranger = {**world.row("notifications", "messages"), "_id": "m", "person": "olga"}
    world.databases["notifications"]["messages"].append(stranger)


DOUBLED: dict[str, Callable[[World], None]] = {
    "an id for one sequence": lambda world: world.again("recruitment.candidate.applied", id="another"),
    "the event of a command": lambda world: world.again("supervision.hours.reported", id="x", number=7),
    "the event of a reaction": lambda world: world.again("supervision.placement.opened", id="x", number=7),
    "the effect of an acceptance": _two_enrolments,
    "the effect of signed hours": _hours_twice,
    "a place whose training is completed": _place_kept,
    "a message": _told_twice,
    "a message to somebody it is not for": _told_a_stranger,
}


def _out_of_sequence(world: World) -> None:
    first, second = world.of("recruitment.candidate.applied"), world.of("recruitment.candidate.screened")
    at = world.records.index(first)
    world.records[at : at + 2] = [second, first]


def _two_partitions(world: World) -> None:
    moved = world.of("training.training.completed")
    world.records[world.records.index(moved)] = replace(moved, partition=1)


REORDERED: dict[str, Callable[[World], None]] = {
    "first appearances": _out_of_sequence,
    "a key in two partitions": _two_partitions,
    "effects": lambda world: world.row("training", "enrolments")["evidence"]["hours"].reverse(),
}


def _unsent(world: World) -> None:
    row = {"_id": "o", "key": b"ana", "subject": "p1", "sequence": 7}
    world.databases["supervision"]["outbox"] = [row]


def _overdue(world: World) -> None:
    row = {"_id": "t", "key": b"ana", "subject": "p1/timers/cadence", "sequence": 6, "due": small.NOW}
    world.databases["supervision"]["timers"] = [row]


def _parked(world: World) -> None:
    world.databases["training"]["parked_keys"] = [{"_id": "ana", "problem": "ValueError"}]


def _behind(world: World) -> None:
    world.row("training", "positions")["next"] = 5


def _pending_mail(world: World) -> None:
    late = {"state": "pending", "reason": "sending", "last_problem": None, "next_try": small.NOW}
    world.row("notifications", "deliveries").update(late)


STUCK: dict[str, Callable[[World], None]] = {
    "a row of an outbox": _unsent,
    "a timer": _overdue,
    "a parked key": _parked,
    "a position": _behind,
    "an e-mail": _pending_mail,
    "a story": lambda world: world.history.pop(),
    "a command": lambda world: world.history.insert(1, {**world.history[1], "key": "h3"}),
}

WRONG = [
    pytest.param(kind, change, id=f"{kind}: {what}")
    for kind, changes in (("lost", LOST), ("doubled", DOUBLED), ("reordered", REORDERED), ("stuck", STUCK))
    for what, change in changes.items()
]


@pytest.mark.parametrize(("kind", "change"), WRONG)
def test_what_is_wrong_is_found(kind: str, change: Callable[[World], None]) -> None:
    """Each thing that can go wrong is counted under its kind."""
    world = World()
    change(world)
    assert kind in {finding.kind for finding in world.found()}


def test_the_history_of_the_person_is_shown() -> None:
    """Beside what is wrong stand what the person did, what was announced, and the faults at the time."""
    world = World()
    _lost_hours(world)
    material = small.world(records=world.records, databases=world.databases, history=world.history)
    told = "\n".join(report(material, world.found()))
    assert "ana:\n  lost: hours in training: ['h2'] are missing" in told
    for part in ("asked: ana", "event supervision.hours.approved p1 6", "FAULT kill broker"):
        assert part in told
