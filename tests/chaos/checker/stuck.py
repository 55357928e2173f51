"""What goes no further, once everything has had the time to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tests.chaos.checker.findings import Finding, stuck
from tests.chaos.checker.material import Document, Line, Material

OVERDUE = timedelta(seconds=20)


def at_rest(material: Material) -> Iterator[Finding]:
    """What is still under way in databases and topics."""
    now = datetime.now(UTC)
    for service in material.databases:
        timers = [row for row in material.rows(service, "timers") if row["due"] < now - OVERDUE]
        for row in (*material.rows(service, "outbox"), *timers):
            what = f"{row['_id']} of {row['subject']} {row['sequence']}"
            yield stuck(row["key"].decode(), f"{service} has not published {what}")
        for row in material.rows(service, "parked_keys"):
            yield stuck(row["_id"], f"{service} has parked {row['_id']}: {row['problem']}")
        yield from _behind(material, service)
    for row in waiting_mails(material):
        if row["next_try"] is None or row["next_try"] < now - OVERDUE:
            text = f"{row['reason']}, {row['last_problem']}, due {row['next_try']}"
            yield stuck(row["person"], f"e-mail {row['_id']} is pending: {text}")


def waiting_mails(material: Material) -> Sequence[Document]:
    """E-mails that are not sent yet; one whose sender was killed waits until the sender's claim is over."""
    if "notifications" not in material.databases:
        return ()
    return [row for row in material.rows("notifications", "deliveries") if row["state"] == "pending"]


def _behind(material: Material, service: str) -> Iterator[Finding]:
    """A record at or after the position of its partition, in a topic that the service reads."""
    positions: dict[tuple[str, int], int] = {}
    for row in material.rows(service, "positions"):
        _, topic, partition = row["_id"].split("/")
        positions[topic, int(partition)] = row["next"]
    topics = {topic for topic, _ in positions}
    last: dict[tuple[str, int], tuple[int, str]] = {}
    for record in material.records:
        last[record.topic, record.partition] = (record.offset, record.key)
    for (topic, partition), (offset, key) in last.items():
        next = positions.get((topic, partition), 0)
        if topic in topics and offset >= next:
            yield stuck(
                key, f"{service} is at {next} of {topic}/{partition}, and {offset} is there to be read"
            )


def check(material: Material) -> Iterator[Finding]:
    """And stories that broke off, or commands nobody answered."""
    yield from at_rest(material)
    ends: dict[str, Line] = {}
    for line in material.history:
        if line["what"] in {"begins", "left", "finished", "broken"}:
            ends[line["person"]] = line
    for person, line in ends.items():
        if line["what"] in {"begins", "broken"}:
            yield stuck(person, f"the story {line['what']}: {line.get('problem', 'it never ended')}")
    yield from _unanswered(material.history)


def _unanswered(history: object) -> Iterator[Finding]:
    assert isinstance(history, list)
    open: Mapping[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in history:
        if "path" in line:
            at = (str(line["who"]), f"{line['method']} {line['path']}", str(line["key"]))
            if line["what"] == "asked":
                open[at].append(line)
            elif line["what"] == "answered" and line["status"] < 500:
                open[at].clear()
    for (_, path, key), left in open.items():
        if left:
            yield stuck(left[0]["person"], f"{path} (key {key}) was never answered")
