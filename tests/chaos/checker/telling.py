"""Who must have been told of what, from the published table of who is told, written down here anew."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.checker.findings import Finding, doubled, lost, reordered
from tests.chaos.checker.material import Event, Material

PERSON, PANEL, SUPERVISOR, PREVIOUS = "person", "panel", "supervisor", "previous_supervisor"
COORDINATORS, CERTIFIERS, TRAINERS = "coordinators", "certifiers", "trainers"
_DUTY = {COORDINATORS: "coordinator", CERTIFIERS: "certifier", TRAINERS: "trainer"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who is told by e-mail and inbox, and who by inbox alone; `doer` names whose own doing it was."""

    mail: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()
    doer: str | None = None


NOBODY = Row()
TABLE: Mapping[str, Row] = {
    "people.person.contact": NOBODY,
    "recruitment.candidate.applied": Row(mail=(PERSON, COORDINATORS), doer="entered_by"),
    "recruitment.candidate.checked": NOBODY,
    "recruitment.candidate.interview_scheduled": Row(mail=(PERSON, PANEL)),
    "recruitment.candidate.screened": Row(mail=(PERSON,), doer="decided_by"),
    "training.enrolment.opened": Row(mail=(PERSON,)),
    "training.module.completed": NOBODY,
    "training.assessment.passed": Row(mail=(PERSON,)),
    "training.attempt.deadline": NOBODY,
    "training.training.completed": Row(mail=(PERSON,)),
    "training.certification.ready": Row(mail=(CERTIFIERS,)),
    "training.certification.granted": Row(mail=(PERSON,), inbox=(SUPERVISOR,), doer="granted_by"),
    "training.certificate.deadline": NOBODY,
    "supervision.placement.opened": Row(mail=(COORDINATORS,)),
    "supervision.supervisor.assigned": Row(mail=(PERSON, SUPERVISOR, PREVIOUS), doer="assigned_by"),
    "supervision.supervision.logged": NOBODY,
    "supervision.hours.reported": Row(inbox=(SUPERVISOR,)),
    "supervision.hours.approved": Row(inbox=(PERSON,)),
    "supervision.performance.reviewed": Row(mail=(PERSON,)),
    "supervision.cadence.deadline": NOBODY,
}
"""Of the types that the load leads to; another one is reported, for nobody checked it."""


def check(material: Material) -> Iterator[Finding]:
    """One message per event and person, one e-mail at least for each that has one, in the order of the events."""
    wanted: dict[tuple[str, str], tuple[Event, str, bool]] = {}
    known = _Known(material)
    for event in material.events:
        row = TABLE.get(event.name)
        if row is None:
            yield lost(event.key, f"the checker does not know who must be told of {event}")
            continue
        for audience in (*row.mail, *row.inbox):
            for person in known.people(event, audience, row.doer):
                wanted.setdefault((event.id, person), (event, audience, audience in row.mail))
    yield from _messages(material, wanted)
    yield from _mails(material, wanted)
    yield from _order(material, wanted)


class _Known:
    """Who has which duty where, and who supervises whom, as the events say."""

    def __init__(self, material: Material) -> None:
        self._duties: dict[tuple[str, str], set[str]] = defaultdict(set)
        latest: dict[str, Event] = {}
        for event in material.of_type("people.person.contact"):
            if event.subject not in latest or event.number > latest[event.subject].number:
                latest[event.subject] = event
        for event in latest.values():
            for duty in event.data["duties"]:
                self._duties[duty["site"], duty["duty"]].add(event.data["person"])
        self._supervisors: dict[str, str] = {}
        for event in sorted(material.of_type("supervision.supervisor.assigned"), key=lambda one: one.number):
            self._supervisors[event.data["person"]] = event.data["supervisor"]

    def people(self, event: Event, audience: str, doer: str | None) -> Iterator[str]:
        """Those of an audience; not of their own case, or of their own doing, in an official capacity."""
        spared = {event.data["person"], event.data.get(doer) if doer else None}
        for person in self._of(event, audience):
            if audience == PERSON or person not in spared:
                yield person

    def _of(self, event: Event, audience: str) -> list[str]:
        if audience == PERSON:
            return [event.data["person"]]
        if audience == PANEL:
            return list(event.data["panel"])
        if audience == PREVIOUS:
            return [event.data["previous"]] if event.data["previous"] else []
        if audience == SUPERVISOR:
            found = self._supervisors.get(event.data["person"])
            return [found] if found else []
        return sorted(self._duties[event.data["site"], _DUTY[audience]])


Wanted = Mapping[tuple[str, str], tuple[Event, str, bool]]


def _messages(material: Material, wanted: Wanted) -> Iterator[Finding]:
    found = Counter((row["event"], row["person"]) for row in material.rows("notifications", "messages"))
    types = {row["event"]: row["event_type"] for row in material.rows("notifications", "messages")}
    for at, (event, audience, _) in wanted.items():
        if not found[at]:
            yield lost(event.key, f"{at[1]} ({audience}) was not told of {event}")
    for (event_id, person), count in found.items():
        if (event_id, person) not in wanted:
            yield doubled(
                person, f"{person} was told of {types[event_id]} {event_id}, which was not for them"
            )
        elif count > 1:
            yield doubled(person, f"{person} was told {count} times of {types[event_id]} {event_id}")


def _mails(material: Material, wanted: Wanted) -> Iterator[Finding]:
    messages = {
        row["_id"]: (row["event"], row["person"]) for row in material.rows("notifications", "messages")
    }
    sent: Counter[tuple[str, str]] = Counter()
    for row in material.rows("notifications", "deliveries"):
        sent[messages.get(row["message"], ("-", row["person"]))] += 1
        if row["state"] == "failed":
            yield lost(row["person"], f"e-mail {row['_id']} failed: {row['reason']}")
        if row["state"] == "sent" and row["_id"] not in material.mails:
            yield lost(row["person"], f"e-mail {row['_id']} is noted as sent, and never arrived")
    for at, (event, _, by_mail) in wanted.items():
        if sent[at] != int(by_mail):
            kind = lost if by_mail and not sent[at] else doubled
            yield kind(event.key, f"{sent[at]} e-mails to {at[1]} about {event}")


def _order(material: Material, wanted: Wanted) -> Iterator[Finding]:
    """What somebody is told about themself was written in the order of the events."""
    told: dict[tuple[str, str], list[tuple[int, object, Event]]] = defaultdict(list)
    for row in material.rows("notifications", "messages"):
        event, audience, _ = wanted.get((row["event"], row["person"]), (None, "", False))
        if event is not None and audience == PERSON:
            told[event.source, event.subject].append((event.number, row["created"], event))
    for own in told.values():
        own.sort(key=lambda one: one[0])
        for (_, earlier, _), (_, later, event) in pairwise(own):
            if str(later) < str(earlier):
                yield reordered(event.key, f"{event} was told before what precedes it")
