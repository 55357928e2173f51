"""The checker finds what is planted: each bug in a copy of the code, shown by one fault at one step."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, repeat
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.ports import free_port
from deploy.local.stack import EmbeddedStack
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.domain.people import Grant, Role
from shared.web.local_issuer import LocalIssuer
from tests.chaos import planted
from tests.chaos.asking import ABOUT, AskAgain
from tests.chaos.fleet import Process, Program, all_ready, kept_running, migrate
from tests.chaos.history import Record
from tests.chaos.planted import Bug, copy_of_the_code
from tests.chaos.process import Fault
from tests.chaos.servers import REPOSITORY
from tests.support.embedded import needs_embedded
from tests.support.ledger_process import issuer_served
from tests.support.running import until

pytestmark = needs_embedded
PEOPLE, HOURS = 3, 5
SITE = "leeds"
REST_WITHIN_S = 60.0


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """Topics of this file's own: the checker reads every record of them."""
    folder = tmp_path_factory.mktemp("stack")
    async with EmbeddedStack(data=folder, say=lambda _line: None, mail=False) as running:
        yield running


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[LocalIssuer]:
    async with issuer_served() as running:
        yield running


class Echoing:
    """The echo service in a copy of the code, with people who add hours, and the checker."""

    def __init__(
        self,
        own: EmbeddedStack,
        issuer: LocalIssuer,
        folder: Path,
        bug: Bug | None = None,
        *,
        api: Fault | None = None,
        worker: Fault | None = None,
    ) -> None:
        self._own = own
        self._issuer = issuer
        self._folder = folder
        self._to_break = sum(fault is not None for fault in (api, worker))
        self._database = f"echo-{folder.name}"[:60]
        self._code = copy_of_the_code(folder / "code", bug)
        self.faults = Record(folder / "faults.jsonl")
        self.api, self.worker = self._process("api", api), self._process("worker", worker)

    def _process(self, role: str, fault: Fault | None) -> Process:
        starts = chain([fault], repeat(None))
        program = Program(
            name="echo",
            service="tests.support.echo_service:ECHOING",
            role=role,
            settings={
                "ENVIRONMENT": "development",
                "MONGO_URL": self._own.urls.mongo_admin,
                "KAFKA_URL": self._own.urls.kafka,
                "DATABASE": self._database,
                "OIDC_ISSUER": self._issuer.discovery()["issuer"],
            },
            port=free_port(),
            code=self._code,
        )
        return Process(
            program=program,
            folder=self._folder,
            faults=self.faults,
            fault_for=starts.__next__,
            pause_s=lambda: 1.0,
        )

    async def begin(self) -> None:
        """New topics and a new database."""
        await without_topics(self._own.urls.kafka)
        await migrate(self.api.program, self._folder)

    async def people_add_hours(self) -> None:
        """Each of them one entry after the other, and asks again until there is an answer."""
        with Record(self._folder / "history.jsonl") as history:
            transport = AskAgain(history, {self.api.program.port: "supervision"})
            async with httpx.AsyncClient(transport=transport, base_url=self.api.program.url) as http:
                await asyncio.gather(*(self._adds_hours(http, f"mentor-{n}") for n in range(1, PEOPLE + 1)))

    async def _adds_hours(self, http: httpx.AsyncClient, person: str) -> None:
        ABOUT.set((person, SITE))
        token = self._issuer.token(person, Grant(role=Role.SUPERVISOR, site=SITE))
        signed_in = {"Authorization": f"Bearer {token}"}
        opened = await http.post(
            f"/tallies/{person}", headers={**signed_in, "Idempotency-Key": f"{person}-open"}
        )
        for number in range(1, HOURS + 1) if opened.is_success else ():
            entry = f"{person}-{number}"
            headers = {**signed_in, "Idempotency-Key": entry}
            await http.post(f"/tallies/{person}/hours", json={"entry": entry, "hours": 1}, headers=headers)

    async def broken(self) -> bool:
        """Has every fault struck?"""
        return self.api.kills + self.worker.kills == self._to_break

    async def verdict(self, *, rest_within_s: float = REST_WITHIN_S) -> dict[str, int]:
        """What the checker counts."""
        where = {
            "mongo": self._own.urls.mongo_admin,
            "kafka": self._own.urls.kafka,
            "databases": {"supervision": self._database},
            "kills": self.api.kills + self.worker.kills,
            "rules": "echo",
            "rest_within_s": rest_within_s,
            "mail_within_s": 0.0,
        }
        (self._folder / "where.json").write_text(json.dumps(where))
        checker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.checker", str(self._folder)),
            cwd=REPOSITORY,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, why = await checker.communicate()
        found = {name: int(count) for name, count in re.findall(r"(\w+) (\d+)", said.decode())}
        assert checker.returncode == int(any(found[name] for name in found if name != "kills")), why.decode()
        print(said.decode(), why.decode())
        return found


async def without_topics(kafka: str) -> None:
    """Delete what an earlier test left on them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        own = {SUPERVISION.name, CONTACTS.name}
        if there := own & set(await admin.list_topics()):
            await admin.delete_topics(sorted(there))

        async def gone() -> bool:
            return not own & set(await admin.list_topics())

        await until(gone)
    finally:
        await admin.close()


@asynccontextmanager
async def ready(found: Echoing) -> AsyncIterator[Echoing]:
    """Ready to run; its processes are started by the test."""
    await found.begin()
    with found.faults:
        yield found


async def found_in(own: EmbeddedStack, issuer: LocalIssuer, folder: Path, bug: Bug) -> dict[str, int]:
    """The verdict where this is planted."""
    async with ready(Echoing(own, issuer, folder, bug, api=bug.api, worker=bug.worker)) as echo:
        return await whole_run(echo)


async def whole_run(echo: Echoing) -> dict[str, int]:
    """Under load, and then at rest."""
    async with kept_running([echo.api, echo.worker]):
        await echo.people_add_hours()
        await until(echo.broken)
        await all_ready([echo.api, echo.worker])
        return await echo.verdict()


async def test_nothing_is_found_where_nothing_is_planted(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """The code as it is loses and doubles nothing, under the very faults that show the bugs."""
    api, worker = planted.ANSWERED_BEFORE_COMMIT.api, planted.DEDUPE_OFF.worker
    async with ready(Echoing(own, issuer, tmp_path, api=api, worker=worker)) as echo:
        found = await whole_run(echo)
    assert found == {"kills": 2, "lost": 0, "doubled": 0, "reordered": 0, "stuck": 0}


async def test_an_answer_ahead_of_its_commit_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """A command that was answered and not saved is lost."""
    found = await found_in(own, issuer, tmp_path, planted.ANSWERED_BEFORE_COMMIT)
    assert (found["kills"], found["lost"] > 0, found["stuck"]) == (1, True, 0)


async def test_a_position_ahead_of_its_effects_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """An event whose position was saved without its effect has none."""
    found = await found_in(own, issuer, tmp_path, planted.POSITION_BEFORE_COMMIT)
    assert (found["kills"], found["lost"] > 0, found["doubled"], found["stuck"]) == (1, True, 0, 0)


async def test_a_relay_that_deletes_before_the_acknowledgement_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """An event that was deleted and not sent is lost."""
    found = await found_in(own, issuer, tmp_path, planted.DELETED_BEFORE_ACK)
    assert (found["kills"], found["lost"] > 0, found["doubled"], found["stuck"]) == (1, True, 0, 0)


async def test_a_consumer_without_deduplication_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """An event that the relay had to repeat has its effect twice."""
    found = await found_in(own, issuer, tmp_path, planted.DEDUPE_OFF)
    assert (found["kills"], found["doubled"] > 0, found["lost"], found["stuck"]) == (1, True, 0, 0)


async def test_a_relay_that_sends_backwards_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """Events of one subject out of their sequence are reordered."""
    backwards = Echoing(own, issuer, tmp_path, planted.SENT_BACKWARDS)
    async with ready(backwards) as echo, kept_running([echo.api]):
        await echo.people_add_hours()
        async with kept_running([echo.worker]):
            found = await echo.verdict()
    assert found["reordered"] > 0


async def test_a_relay_that_sends_nothing_is_found(
    own: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """Rows that are due and stay in the outbox are stuck."""
    async with (
        ready(Echoing(own, issuer, tmp_path, planted.NEVER_SENT)) as echo,
        kept_running([echo.api, echo.worker]),
    ):
        await echo.people_add_hours()
        found = await echo.verdict(rest_within_s=3)
    assert found["stuck"] >= PEOPLE * HOURS
