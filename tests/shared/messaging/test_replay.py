"""Running a part of a topic again, on real Kafka and MongoDB."""

import argparse
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.processes import Child, start_child
from shared.clock import utc_now
from shared.contracts.supervision import HoursApproved, HoursReported
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.ids import new_id
from shared.messaging import replay_cli
from shared.messaging.broker import members
from shared.messaging.outbox import OUTBOX
from shared.messaging.reactions import Context, Reactions, on
from shared.messaging.replay import Replay
from shared.messaging.rereading import CannotReplay
from shared.messaging.selection import Selection
from shared.messaging.standstill import Interrupted, Standstill
from shared.service import Service, rebuild_of, replay_of, working
from shared.storage.errors import Stale
from shared.storage.mongo import Document
from shared.storage.unit_of_work import Change
from tests.shared.messaging.test_reactions import entries, reported
from tests.shared.messaging.test_worker import _position, _set_position, living_in
from tests.support.holding import held
from tests.support.ledger_process import REPOSITORY
from tests.support.ledger_service import LEDGER, Tally
from tests.support.running import Started, begin_at_the_end, delete_everything, started
from tests.support.stack import Stack

TOPIC = SUPERVISION.name
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _passes_over(_: Tally | None, __: HoursReported, ___: Context) -> Tally | None:
    """A rule with a bug that raises nothing."""
    return None


SILENT = Service(
    name=LEDGER.name,
    reactions=Reactions(on(HoursReported, Tally, id=lambda event: event.placement, do=_passes_over)),
    collections=LEDGER.collections,
)


@asynccontextmanager
async def ledger(stack: Stack) -> AsyncIterator[Started]:
    """A ledger whose worker is not running yet, at the end of its topics."""
    async with started(LEDGER, stack, work=False) as app:
        await begin_at_the_end(LEDGER, app.runtime)
        yield app


async def work(app: Started, service: Service, numbers: range, people: Sequence[str]) -> None:
    """Run this version of the service while everybody reports these entries, until all are handled."""
    async with working(service, app.runtime):
        for number in numbers:
            for person in people:
                await report(app, person, number)
        await app.producer.flush()
        await handled(app)


async def report(app: Started, person: str, number: int) -> None:
    event = reported(person, f"e{number}")
    await app.producer.send(**app.record(event, subject=f"p-{person}", sequence=number + 1))


async def handled(app: Started) -> None:
    """Wait until what was announced is sent, and the worker's positions are at the end of the topic."""

    async def there() -> bool:
        if await app.database.count(OUTBOX, {}, limit=1):
            return False
        ends = {tp.partition: end for tp, end in (await app.ends(TOPIC)).items()}
        return all([await _position(app, partition) >= end for partition, end in ends.items()])

    await app.until(there)


async def dump(app: Started) -> dict[str, list[Document]]:
    """Everything that is in the database."""
    names = await app.database.collections()
    return {name: await app.database.find(name, {}, sort=(("_id", 1),)) for name in names}


async def tallies(app: Started) -> dict[str, Document]:
    """All of them, but for the ids of the events that they announced last."""
    return {row["_id"]: row for row in await app.database.find("tallies", {}, fields={"last_event": 0})}


async def announced(app: Started, people: Sequence[str]) -> dict[str, list[str]]:
    """The entries of each person's approvals on the topic, in order, once the outbox is empty.

    As a consumer sees them, which drops what a relay that was stopped has sent twice.
    """

    async def all_sent() -> bool:
        return await app.database.count(OUTBOX, {}) == 0

    await app.until(all_sent)
    found: dict[str, dict[int, str]] = {person: {} for person in people}
    for arrival in await app.events(TOPIC):
        if arrival.envelope and isinstance(arrival.data, HoursApproved) and arrival.data.person in found:
            found[arrival.data.person].setdefault(arrival.envelope.sequence, arrival.data.entry)
    return {person: list(entries.values()) for person, entries in found.items()}


def replay(app: Started, service: Service = LEDGER) -> Replay:
    return replay_of(service, app.runtime)


def ledger_of(people: Sequence[str], count: int) -> dict[str, list[str]]:
    return {person: [f"e{number}" for number in range(count)] for person in people}


async def test_a_mended_rule_and_a_replay_restore_what_would_have_been(stack: Stack) -> None:
    """Events that a rule passed over without a word take effect, and are announced once, as if it never had."""
    people = [new_id() for _ in range(8)]
    async with ledger(stack) as app, ledger(stack) as control:
        await work(app, LEDGER, range(3), people)
        began = utc_now()
        await work(app, SILENT, range(3, 6), people)
        assert {len(row["entries"]) for row in (await tallies(app)).values()} == {3}

        chosen = Selection(topic=TOPIC, since=began)
        done = await replay(app).apply(chosen, name="wrong rule", by="olga")
        assert (done.taken, len(done.announced), done.followers) == (24, 24, 0)
        again = await replay(app).apply(chosen, name="wrong rule", by="olga")
        assert (again.taken, again.announced, again.differences) == (0, [], [])
        async with working(LEDGER, app.runtime):
            assert await announced(app, people) == ledger_of(people, 6)
        async with working(
            LEDGER, control.runtime
        ):  # Which listened from the same place on, with no bug ever.
            for person in people:
                await entries(control, person, 6)
        assert await tallies(app) == await tallies(control)


async def test_a_dry_run_changes_nothing_and_says_what_apply_then_changes(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database is byte for byte the same after it; what it printed is what the other then does, and no more."""
    people = [new_id() for _ in range(4)]
    async with ledger(stack) as app:
        await work(app, LEDGER, range(2), people[:2])
        began = utc_now()
        await work(app, SILENT, range(2, 4), people)
        before = await dump(app)
        printed = await printed_by(app, capsys, "range", TOPIC, "--since", began.isoformat())
        assert await dump(app) == before
        assert printed["applied"] is False

        done = await printed_by(
            app, capsys, "range", TOPIC, "--since", began.isoformat(), "--apply", "--name", "four eyes"
        )
        after = await dump(app)
        assert done == printed | {"applied": True}
        assert printed_differences(printed) == real_differences(before["tallies"], after["tallies"])
        new = [row for row in after[OUTBOX] if row["_id"] not in {old["_id"] for old in before[OUTBOX]}]
        assert sorted((one["subject"], one["sequence"]) for one in printed["announced"]) == sorted(
            (row["subject"], row["sequence"]) for row in new
        )
        touched = {name for name, rows in after.items() if rows != before[name]}
        # What was seen is marked again, with its day.
        assert touched - {"seen"} == {"tallies", "outbox", "positions", "replays"}


async def printed_by(app: Started, capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    """What the command line prints as JSON."""
    return json.loads(await text_by(app, capsys, "--json", *argv, code=code))


async def text_by(app: Started, capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> str:
    """What the command line prints."""
    parser = argparse.ArgumentParser()
    replay_cli.add_arguments(parser)
    options = parser.parse_args(argv)
    capsys.readouterr()
    assert await replay_cli.run(options, rebuild_of(LEDGER, app.runtime), replay(app)) == code
    return capsys.readouterr().out


Fields = dict[str, dict[str, tuple[str | None, str | None]]]


def printed_differences(printed: dict[str, Any]) -> Fields:
    return {
        one["id"]: {path: tuple(texts) for path, texts in one["fields"].items()}
        for one in printed["differences"]
    }


def real_differences(before: list[Document], after: list[Document]) -> Fields:
    """What changed of tallies, found out in another way than the product does."""
    old, new = ({row["_id"]: _flat(row) for row in rows} for rows in (before, after))
    return {
        id: {
            path: (old.get(id, {}).get(path), new[id].get(path))
            for path in {**old.get(id, {}), **new[id]}
            if old.get(id, {}).get(path) != new[id].get(path)
        }
        for id in new
        if new[id] != old.get(id)
    }


def _flat(tally: Document) -> dict[str, str]:
    texts = {
        "site": tally["site"],
        "person": f"(text of {len(tally['person'])})",
        "total": str(tally["total"]),
    }
    entries = {f"entries.{at}": f"(text of {len(entry)})" for at, entry in enumerate(tally["entries"])}
    return texts | entries


class Command:
    """`replay` of the ledger as a process of its own, on a test's database."""

    def __init__(self, app: Started, logs: Path) -> None:
        self._app = app
        self._log = logs / "replay.log"

    async def start(self, *argv: str) -> Child:
        settings = self._app.runtime.settings
        env = {
            **os.environ,
            "ENVIRONMENT": "development",
            "MONGO_URL": settings.mongo_url.get_secret_value(),
            "KAFKA_URL": settings.kafka_url,
            "DATABASE": self._app.database.name,
            "OIDC_ISSUER": settings.oidc_issuer,
            "LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "tests.support.ledger_process", "replay", "--json", *argv]
        return await start_child("replay", command, log_file=self._log, env=env, cwd=REPOSITORY)

    async def run(self, *argv: str) -> Any:
        """What it printed, once it has ended well."""
        self._log.unlink(missing_ok=True)
        child = await self.start(*argv)
        assert await child.process.wait() == 0, self._log.read_text()
        return json.loads(self._log.read_text().splitlines()[-1])


async def test_a_replay_killed_half_way_and_run_again_comes_to_the_same(stack: Stack, tmp_path: Path) -> None:
    """SIGKILL in the middle, and the same command again: each event counts once, also one that is there twice."""
    early, *people, last = living_in(0, 12)
    async with ledger(stack) as app:
        await work(app, LEDGER, range(1), [last])
        began = utc_now()
        await report(app, early, 0)
        for number in range(150):
            for person in people:
                await report(app, person, number)
        await work(app, SILENT, range(1, 2), [last])
        for person in (early, *people):
            await report(app, person, 0)  # Once more, as after a crash of a relay.
        await work(app, SILENT, range(0), [])
        asked = ("range", TOPIC, "--since", began.isoformat(), "--apply", "--name", "killed")
        command = Command(app, tmp_path)

        async def begun() -> bool:
            return early in await tallies(app)

        # Nobody can save the last person's tally now, so that it can't come to its end.
        async with held(app.database, [(await tallies(app))[last]], collection="tallies"):
            child = await command.start(*asked)
            await app.until(begun)
            await child.kill()
        done = await command.run(*asked)
        assert 0 < done["taken"] < 1502
        assert done["repeated"] == len(people) + 1
        assert (await command.run(*asked))["taken"] == 0
        expected = ledger_of([early], 1) | ledger_of(people, 150) | ledger_of([last], 2)
        assert {id: row["entries"] for id, row in (await tallies(app)).items()} == expected
        async with working(LEDGER, app.runtime):
            assert await announced(app, [early, *people, last]) == expected


async def refused(app: Started, match: str, **selection: Any) -> None:
    """Asking for this is refused, with a sentence, in earnest as for a look."""
    chosen = Selection(**{"topic": TOPIC, **selection})
    with pytest.raises(CannotReplay, match=match):
        await replay(app).look(chosen)
    with pytest.raises(CannotReplay, match=match):
        await replay(app).apply(chosen, name="refused", by="olga")


async def test_what_cannot_be_run_again_is_said(stack: Stack) -> None:
    """A range that is gone or not handled yet, a topic or type that nobody hears: each with what to do."""
    (person,) = living_in(2, 1)
    async with ledger(stack) as app:
        await work(app, LEDGER, range(2), [person])
        await refused(app, "does not listen to peerpath.training.events", topic="peerpath.training.events")
        await refused(app, "no reaction to peerpath.x", types=frozenset({"peerpath.x"}))
        await refused(app, "partitions 0 to 5", partition=77)
        await refused(app, "let the range run to the present", topic=CONTACTS.name, until=LONG_AGO)
        position = await _position(app, 2)
        await refused(app, "workers' to handle", partition=2, first=0, last=position)
        await delete_everything(stack.kafka_url, SUPERVISION.name)
        await refused(app, r"begins at \d+: retention", partition=2, first=position - 1)
        await refused(app, "retention may have deleted", key=person, since=LONG_AGO)
        await work(app, LEDGER, range(2, 3), [person])
        chosen = Selection(topic=TOPIC, key=person)
        await replay(app).apply(chosen, name="mine", by="olga")
        with pytest.raises(CannotReplay, match="name of another replay"):
            await replay(app).apply(Selection(topic=TOPIC), name="mine", by="olga")
        async with working(LEDGER, app.runtime):
            assert (await replay(app).look(chosen)).taken == 1
            await until_a_member(app)
            with pytest.raises(CannotReplay, match="running: stop them"):
                await replay(app).apply(chosen, name="at work", by="olga")


async def until_a_member(app: Started) -> None:
    async def there() -> int:
        return await members(app.stack.kafka_url, app.runtime.group)

    await app.until(there)


async def test_a_worker_that_nobody_saw_is_found_out(stack: Stack) -> None:
    """Where a position moves in the middle nothing more is changed."""
    async with ledger(stack) as app:
        await work(app, LEDGER, range(1), living_in(1, 1))
        still = await Standstill.begin(app.database, app.runtime.group, await app.ends(TOPIC))
        await app.runtime.committer.commit(Change(writes=tuple(still.holds())))
        await _set_position(app, 1, await _position(app, 1) + 1)
        with pytest.raises(Stale):
            await app.runtime.committer.commit(Change(writes=tuple(still.holds())))
        with pytest.raises(Interrupted, match=f"{TOPIC}/1"):
            await still.check()


async def test_a_look_reads_like_this(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Document by document and event by event, with the later events of the same people that are not chosen."""
    one, other = sorted(living_in(0, 2))
    async with ledger(stack) as app:
        await work(app, SILENT, range(3), [one, other])
        first = (await _position(app, 0)) - 6
        where = ("range", TOPIC, "--partition", "0", "--first", str(first), "--last", str(first + 1))
        lines = (await text_by(app, capsys, *where)).splitlines()
        assert lines[:5] == [
            f"appears  tallies/{one}",
            "    site: nothing -> leeds",
            "    person: nothing -> (text of 36)",
            "    total: nothing -> 1.0",
            "    entries.0: nothing -> (text of 2)",
        ]
        assert f"event  {HoursApproved.facts.type}  subject={one}  sequence=1" in lines
        assert lines[-2].startswith("taken=2  repeated=0  done_before=0  parked=0")
        assert lines[-2].endswith("followers=4")
        assert lines[-1] == replay_cli.NOTHING_WRITTEN
        assert "needs --name" in await text_by(app, capsys, *where, "--apply", code=2)
        assert "needs its --partition" in await text_by(app, capsys, "range", TOPIC, "--first", "0", code=2)


async def test_parked_keys_are_retried_first(stack: Stack) -> None:
    """Their events are counted in a look, and not run again before those they wait behind."""
    person = new_id()
    async with ledger(stack) as app:
        async with working(LEDGER, app.runtime):
            await app.publish(reported(person, "poison", hours=13), subject=f"p-{person}")
            await app.publish(reported(person, "b"), subject=f"p-{person}", sequence=2)
            await handled(app)
        chosen = Selection(topic=TOPIC, key=person)
        assert (await replay(app).look(chosen)).parked == 2
        with pytest.raises(Interrupted, match="retry or discard it first"):
            await replay(app).apply(chosen, name="parked", by="olga")
        assert await tallies(app) == {}
