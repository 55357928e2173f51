"""How a process starts, or says why it does not."""

from pathlib import Path

import httpx
import pytest

from deploy.local.errors import ChildDied
from deploy.local.ports import free_port
from shared.ids import new_id
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.running import until
from tests.support.stack import Stack


def process_of(stack: Stack, logs: Path, role: str) -> ServiceProcess:
    """A process whose issuer is not there."""
    return ServiceProcess(
        module="tests.support.ledger_process",
        role=role,
        mongo_url=stack.mongo_url,
        kafka_url=stack.kafka_url,
        issuer_url=f"http://127.0.0.1:{free_port()}",
        database=f"start-{new_id()}",
        logs=logs,
    )


async def test_a_worker_starts_while_the_issuer_is_down(stack: Stack, tmp_path: Path) -> None:
    """Nobody signs in at a worker: events flow whether the sign-in service answers or not."""
    process = process_of(stack, tmp_path, "worker")
    await process.migrate()
    await process.start()
    try:
        async with httpx.AsyncClient(trust_env=False) as client:

            async def ready() -> bool:
                return (await client.get(f"{process.url}/health/ready")).is_success

            await until(ready)
    finally:
        await process.kill()


async def test_an_api_starts_while_kafka_is_away(stack: Stack, tmp_path: Path) -> None:
    """An outage of the broker keeps nobody from being served, whatever is started anew meanwhile."""
    async with issuer_served() as issuer:
        process = process_of(stack, tmp_path, "api")
        process.issuer_url = issuer.discovery()["issuer"]
        await process.migrate()
        process.kafka_url = f"127.0.0.1:{free_port()}"
        await process.start()
        await process.kill()


async def test_an_api_says_that_the_issuer_is_down_and_ends(stack: Stack, tmp_path: Path) -> None:
    """Whoever could let nobody in does not start, and names the setting and the address."""
    process = process_of(stack, tmp_path, "api")
    await process.migrate()
    with pytest.raises(ChildDied, match=f"setting OIDC_ISSUER: {process.issuer_url}"):
        await process.start()


async def test_a_process_without_its_collections_says_how_to_make_them(stack: Stack, tmp_path: Path) -> None:
    """Before `migrate` nothing runs half-way: what is missing is named with the command."""
    process = process_of(stack, tmp_path, "worker")
    with pytest.raises(ChildDied, match=r"run: python -m services\.supervision migrate"):
        await process.start()


async def test_production_refuses_what_is_for_development(stack: Stack, tmp_path: Path) -> None:
    """Without ENVIRONMENT=development an address of this machine is refused, each setting by its name."""
    process = process_of(stack, tmp_path, "api")
    process.more = {"ENVIRONMENT": ""}
    with pytest.raises(ChildDied, match="setting ENVIRONMENT"):
        await process.start()
    process.more = {"ENVIRONMENT": "production"}
    with pytest.raises(ChildDied, match=r"setting OIDC_ISSUER: .*https(.|\n)*setting PUBLIC_URL: "):
        await process.start()
