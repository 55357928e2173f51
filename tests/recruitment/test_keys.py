"""What a process does whose master key is not the one that wrapped the keys, and how one is replaced."""

import base64
from pathlib import Path

import pytest

from deploy.local.errors import ChildDied
from services.recruitment.service import SERVICE
from shared.settings import DEVELOPMENT_MASTER_KEY
from shared.storage.crypt import Crypt, name_of
from shared.storage.unit_of_work import KEYS, Change, Write
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.running import started
from tests.support.stack import Stack

OWN = b"o" * 96


async def test_a_wrong_master_key_ends_the_start_and_rewrap_replaces_one(
    stack: Stack, tmp_path: Path
) -> None:
    """The setting is named; once `keys rewrap` has run with both, the new master key is enough."""
    async with issuer_served() as issuer, started(SERVICE, stack, work=False) as app:
        database = app.database
        crypt = Crypt(base64.b64decode(DEVELOPMENT_MASTER_KEY))
        crypt.load()
        await app.runtime.committer.commit(Change(writes=(Write.insert(KEYS, crypt.new_key("robin")),)))
        process = ServiceProcess(
            module="services.recruitment",
            role="api",
            mongo_url=stack.mongo_url,
            kafka_url=stack.kafka_url,
            issuer_url=issuer.discovery()["issuer"],
            database=database.name,
            logs=tmp_path,
        )
        own = base64.b64encode(OWN).decode()
        process.more = {"MASTER_KEY": own}
        with pytest.raises(ChildDied, match=f"setting MASTER_KEY: keys in {database.name}"):
            await process.start()
        process.more = {"MASTER_KEY": own, "MASTER_KEY_BEFORE": DEVELOPMENT_MASTER_KEY}
        await process.run("keys rewrap")
        process.more = {"MASTER_KEY": own}
        await process.start()
        await process.kill()
        [key] = await database.find(KEYS, {})
        assert key["masterKey"]["provider"] == name_of(OWN)
