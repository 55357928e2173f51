"""What a run of one person would leave, put together by hand; for tests that take something out of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.chaos.checker.material import Document, Event, Line, Material

SITE, ANA, CARLA, SAM = "leeds", "ana", "carla", "sam"
CANDIDATE, ENROLMENT, PLACEMENT = "c1", "e1", "p1"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TOPICS = {"people": "peerpath.people.contacts"}


def event(name: str, subject: str, number: int, offset: int, /, *, key: str = ANA, **data: Any) -> Event:
    """One record; its id follows from its subject and number."""
    service = name.split(".", 1)[0]
    return Event(
        topic=_TOPICS.get(service, f"peerpath.{service}.events"),
        partition=0,
        offset=offset,
        key=key,
        id=f"{subject}-{number}",
        source=f"/peerpath/{service}",
        type=f"peerpath.{name}.v1",
        subject=subject,
        number=number,
        time="2026-03-02T09:30:00.000Z",
        value=json.dumps({"site": SITE, "person": key, **data}).encode(),
    )


def records() -> list[Event]:
    """Everything that was announced."""
    at_placement: dict[str, Any] = {"placement": PLACEMENT, "programme": "core"}
    hours: dict[str, Any] = {**at_placement, "bucket": "peer_support", "hours": 6.0}
    return [
        *(contact(person, place, duty) for place, (person, duty) in enumerate(_DUTIES.items())),
        event("recruitment.candidate.applied", CANDIDATE, 1, 0, candidate=CANDIDATE, programme="core"),
        event(
            "recruitment.candidate.screened",
            CANDIDATE,
            2,
            1,
            candidate=CANDIDATE,
            programme="core",
            outcome="accepted",
            decided_by=CARLA,
        ),
        event("training.enrolment.opened", ENROLMENT, 1, 0, enrolment=ENROLMENT, programme="core"),
        event("training.training.completed", ENROLMENT, 2, 1, enrolment=ENROLMENT, programme="core"),
        event("supervision.placement.opened", PLACEMENT, 1, 0, **at_placement, enrolment=ENROLMENT),
        event(
            "supervision.supervisor.assigned",
            PLACEMENT,
            2,
            1,
            **at_placement,
            supervisor=SAM,
            assigned_by=CARLA,
            previous=None,
        ),
        event("supervision.hours.reported", PLACEMENT, 3, 2, **hours, entry="h1"),
        event("supervision.hours.approved", PLACEMENT, 4, 3, **hours, entry="h1", total=6.0),
        event("supervision.hours.reported", PLACEMENT, 5, 4, **hours, entry="h2"),
        event("supervision.hours.approved", PLACEMENT, 6, 5, **hours, entry="h2", total=12.0),
    ]


_DUTIES = {ANA: None, CARLA: "coordinator", SAM: "supervisor"}


def contact(person: str, offset: int, duty: str | None) -> Event:
    """How to reach somebody."""
    duties = [{"site": SITE, "duty": duty}] if duty else []
    facts = _contact(person)
    return event("people.person.contact", person, 1, offset, key=person, duties=duties, **facts)


def _contact(person: str) -> dict[str, str]:
    return {"name": person, "email": f"{person}@leeds.example", "language": "en", "time_zone": "UTC"}


def databases() -> dict[str, dict[str, list[Document]]]:
    """Everything that was saved."""
    heard = [{"placement": PLACEMENT, "entry": entry, "hours": 6.0} for entry in ("h1", "h2")]
    return {
        "recruitment": {
            "people": [{"_id": person, "version": 1} for person in _DUTIES],
            "candidates": [
                {"_id": CANDIDATE, "version": 2, "person": ANA, "interviews": [], "decisions": [{}]},
            ],
            "intakes": [{"_id": "intake", "version": 2, "programme": "core", "places": []}],
        },
        "training": {
            "enrolments": [
                {
                    "_id": ENROLMENT,
                    "version": 6,
                    "person": ANA,
                    "programme": "core",
                    "supervisor": SAM,
                    "training_completed": NOW,
                    "ready_since": None,
                    "certificate": None,
                    "evidence": {"hours": heard, "reviews": []},
                }
            ],
            "contacts": [{"_id": person, "name": person} for person in _DUTIES],
            "supervisors": [{"_id": ANA, "placements": [{"placement": PLACEMENT, "supervisor": SAM}]}],
            "positions": [_position("training", "supervision", 6), _position("training", "recruitment", 2)],
        },
        "supervision": {
            "placements": [
                {
                    "_id": PLACEMENT,
                    "version": 6,
                    "person": ANA,
                    "enrolment": ENROLMENT,
                    "phase": "practice",
                    "assignments": [{}],
                    "sessions": 0,
                    "reviews": [],
                    "hours": {"approved": 12.0},
                }
            ],
            "hours": [{"_id": entry, "placement": PLACEMENT, "state": "approved"} for entry in ("h1", "h2")],
            "positions": [_position("supervision", "training", 2)],
        },
        "notifications": {
            "recipients": [{"_id": person, **_contact(person)} for person in _DUTIES],
            **_told(),
        },
    }


def _position(service: str, topic: str, next: int) -> Document:
    return {"_id": f"peerpath-{service}/peerpath.{topic}.events/0", "next": next}


def _told() -> dict[str, list[Document]]:
    by_mail = (
        (f"{CANDIDATE}-1", ANA),
        (f"{CANDIDATE}-1", CARLA),
        (f"{CANDIDATE}-2", ANA),
        (f"{ENROLMENT}-1", ANA),
        (f"{ENROLMENT}-2", ANA),
        (f"{PLACEMENT}-1", CARLA),
        (f"{PLACEMENT}-2", ANA),
        (f"{PLACEMENT}-2", SAM),
    )
    inbox = [(f"{PLACEMENT}-{number}", SAM if number % 2 else ANA) for number in (3, 4, 5, 6)]
    messages: list[Document] = [
        {"_id": f"{id}-{person}", "event": id, "event_type": "-", "person": person, "created": NOW}
        for id, person in (*by_mail, *inbox)
    ]
    deliveries: list[Document] = [
        {"_id": f"{id}-{person}-mail", "message": f"{id}-{person}", "person": person, "state": "sent"}
        for id, person in by_mail
    ]
    return {"messages": messages, "deliveries": deliveries}


def history() -> list[Line]:
    """What was asked and answered: one command, and the end of the story."""
    command = {
        "at": 1.0,
        "who": ANA,
        "person": ANA,
        "site": SITE,
        "service": "supervision",
        "method": "POST",
        "path": f"/v1/placements/{PLACEMENT}/hours",
    }
    lines: list[Line] = [{"at": 0.0, "what": "begins", "person": ANA, "site": SITE}]
    for key, version in (("h1", 3), ("h2", 5)):
        answer = {"status": 201, "etag": f'"{version}"', "ids": {"entry": key}}
        lines += [
            {**command, "what": "asked", "key": key},
            {**command, "what": "answered", "key": key, **answer},
        ]
    return [*lines, {"at": 2.0, "what": "finished", "person": ANA, "site": SITE}]


def world(
    *,
    records: Sequence[Event],
    databases: Mapping[str, Mapping[str, Sequence[Document]]],
    history: Sequence[Line],
) -> Material:
    """All of it; an e-mail arrived for each delivery that is noted as sent."""
    deliveries = databases["notifications"]["deliveries"]
    return Material(
        history=history,
        faults=[{"at": 1.5, "what": "kill broker", "target": "kafka"}],
        records=records,
        tombstones=0,
        databases=databases,
        mails=frozenset(row["_id"] for row in deliveries),
    )
