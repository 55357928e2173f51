"""A thousand people come in from a file, and the worker is killed on the way."""

from collections import Counter
from pathlib import Path

import pytest

from shared.contracts.recruitment import CandidateApplied
from shared.contracts.topics import RECRUITMENT
from shared.steps import Step
from tests.chaos.process import Action, Fault
from tests.recruitment.import_files import checked, file, report, rows
from tests.recruitment.running import recruiting
from tests.shared.messaging.test_relay import send_due
from tests.support.ledger_process import ServiceProcess
from tests.support.running import ISSUER, Started
from tests.support.stack import Stack

LEEDS = [("coordinator", "leeds")]
PEOPLE = 1_000
WORKER = "tests.chaos.process services.recruitment.service:SERVICE"


def worker(app: Started, stack: Stack, logs: Path, fault: Fault | None = None) -> ServiceProcess:
    """A worker on the database of the service that is called here."""
    return ServiceProcess(
        module=WORKER,
        role="worker",
        mongo_url=stack.mongo_url,
        kafka_url=stack.kafka_url,
        issuer_url=ISSUER,
        database=app.database.name,
        logs=logs,
        more={"CHAOS_FAULT": str(fault)} if fault else {},
    )


@pytest.mark.timeout(240)
async def test_a_thousand_come_in_once_whatever_becomes_of_the_worker(stack: Stack, tmp_path: Path) -> None:
    """It dies with a part written and not committed, the next one goes on; the same file again adds nobody."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:

        async def state_of(id: str) -> tuple[str, int]:
            found = (await cora.get(f"/v1/imports/{id}")).json()
            return found["state"], found["outcomes"].get("imported", 0)

        async def done(id: str) -> bool:
            return (await state_of(id))[0] == "done"

        first = (await checked(cora, file(rows(PEOPLE))))["id"]
        killed = worker(app, stack, tmp_path, Fault(step=Step.BEFORE_COMMIT, number=3, action=Action.KILL))
        child = await killed.start()
        assert (await cora.post(f"/v1/imports/{first}/start")).status_code == 200

        async def dead() -> bool:
            return not child.alive

        await app.until(dead, within_s=90.0)
        state, brought_in = await state_of(first)
        assert (state, 0 <= brought_in < PEOPLE) == ("running", True)
        assert await app.database.count("people", {}) == brought_in
        await killed.kill()

        next_one = worker(app, stack, tmp_path)
        await next_one.start()
        try:
            await app.until(lambda: done(first), within_s=90.0)
            second = (await checked(cora, file(rows(PEOPLE))))["id"]
            assert (await cora.post(f"/v1/imports/{second}/start")).status_code == 200
            await app.until(lambda: done(second), within_s=90.0)
        finally:
            await next_one.kill()
        # Sent from here, as by a relay that follows: one in a process would wait for the dead one's lease.
        while await send_due(app):
            pass

        assert {one["outcome"] for one in await report(cora, second)} == {"already_there"}
        await once_each(app, first, [one["candidate"] for one in await report(cora, first)])


async def once_each(app: Started, import_id: str, candidates: list[str]) -> None:
    """Everybody of the report is there with their person, and was announced as applied, once."""
    stored = await app.database.find("candidates", {}, fields=("person",))
    people = await app.database.find("people", {}, fields=("_id",))
    assert sorted(one["_id"] for one in stored) == sorted(candidates)
    assert sorted(one["person"] for one in stored) == sorted(one["_id"] for one in people)
    # The relay may repeat a record: the same event, by its id.
    heard = {one.envelope.id: one.data for one in await app.events(RECRUITMENT.name) if one.envelope}
    applied = [one for one in heard.values() if isinstance(one, CandidateApplied)]
    counted = Counter(one.candidate for one in applied if one.imported_in == import_id)
    assert counted == Counter(candidates)
    assert len(counted) == PEOPLE
