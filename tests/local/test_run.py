"""`make run`: the platform with people in it, as the process a person starts and stops."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.demo import CASTS, PEOPLE, Stage
from deploy.local.people import Answer, Profile, Town, visiting
from deploy.local.platform import PlatformUrls
from deploy.local.processes import Child, start_child
from deploy.local.run import table
from deploy.local.stack import StackUrls
from tests.support.embedded import needs_embedded
from tests.support.stack import without_given_servers

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = needs_embedded


@asynccontextmanager
async def run(data: Path, log_file: Path) -> AsyncIterator[Child]:
    """The command on free ports, once it has shown its table."""
    child = await start_child(
        "run",
        [sys.executable, "-m", "deploy.local", "run", "--data", data, "--free-ports"],
        log_file=log_file,
        env=without_given_servers(),
        cwd=REPOSITORY,
    )

    async def shown() -> bool:
        return "Peerpath runs." in said(child)

    try:
        await child.until(shown, within=120)
        yield child
    finally:
        await child.kill()


def said(child: Child) -> str:
    return child.log_file.read_bytes()[child.log_start :].decode()


def addresses(data: Path) -> PlatformUrls:
    """Where everything is, from the file that the table names."""
    told = json.loads((data / "addresses.json").read_text())
    return PlatformUrls(**{**told, "stack": StackUrls(**told["stack"])})


async def stage_of(town: Town, profile: Profile) -> Stage:
    """How far somebody has come, by what the APIs show."""
    me, coordinator = await town.as_(profile), await town.as_(CASTS[profile.site].coordinator)
    [application] = await me.items("recruitment", "/v1/me/applications")
    if application["interview"] is None:
        return Stage.APPLIED
    if application["stage"] != "accepted":
        cards = await coordinator.get("recruitment", f"/v1/candidates/{application['candidate']}/scorecards")
        assert len(cards["submitted"]) == 1
        return Stage.SCORED_ONCE
    [enrolment] = await me.items("training", "/v1/me/enrolments")
    if enrolment["certificate"]:
        return Stage.CERTIFIED
    if enrolment["ready_since"]:
        return Stage.READY
    if not enrolment["training_completed"]:
        return Stage.IN_TRAINING
    [placement] = await me.items("supervision", "/v1/me/placements")
    return Stage.IN_PRACTICE if placement["supervisor"] else Stage.WITHOUT_SUPERVISOR


async def everybody(town: Town) -> Counter[str]:
    """Every application at every site, by person: whoever was made twice counts twice."""
    found: list[Answer] = []
    for cast in CASTS.values():
        found += await (await town.as_(cast.coordinator)).items("recruitment", "/v1/candidates", limit=100)
    return Counter(one["person"] for one in found)


async def check(urls: PlatformUrls, table: str) -> None:
    async with visiting(urls, now=datetime.now(UTC)) as town:
        assert await everybody(town) == Counter(str(one.profile.id) for one in PEOPLE)
        for person in PEOPLE:
            assert await stage_of(town, person.profile) == person.stage, person.profile.name
        [page] = [word for word in table.split() if "/verify/" in word]
        shown = (await town.http.get(page)).raise_for_status().text
        assert "This certificate is valid." in shown


async def test_the_demo_people_are_there_once_and_stay(tmp_path: Path) -> None:
    """On two runs everybody is at their stage and the certificate is valid; Ctrl-C is no failure."""
    data = tmp_path / "data"
    for _ in range(2):
        async with run(data, tmp_path / "log") as child:
            urls, text = addresses(data), said(child)
            await check(urls, text)
            for name, url in urls.apis.items():
                assert f"{url}/docs" in text
                assert f"{urls.workers[name]}/metrics" in text
                assert f"{name} worker: ready in" in text, "each process is told of when it is ready"
            assert urls.stack.mail_page in text
            secrets = json.loads((data / "passwords.json").read_text()).values()
            assert not any(secret in text for secret in secrets)
            os.kill(child.pid, signal.SIGINT)
            assert await child.process.wait() == 0


def test_no_line_of_the_table_is_too_long_for_a_terminal() -> None:
    """Eighty columns are enough for every address."""
    ports = {
        name: f"http://127.0.0.1:{8000 + place}"
        for place, name in enumerate(("recruitment", "notifications"))
    }
    stack = StackUrls(
        mongo_admin="",
        mongo={},
        kafka="127.0.0.1:9192",
        smtp_host="",
        smtp_port=1025,
        mail_page="http://127.0.0.1:8025",
    )
    urls = PlatformUrls(stack=stack, issuer="http://127.0.0.1:8090", apis=ports, workers=ports)
    certificate = f"http://127.0.0.1:8002/verify/{'x' * 43}"
    lines = list(table(urls, data=Path(".local"), people=True, certificate=certificate))
    assert max(len(line) for block in lines for line in block.splitlines()) <= 80
