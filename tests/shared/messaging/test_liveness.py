"""The reactions are alive while they get round, with or without anything to do."""

from tests.support.ledger_service import LEDGER
from tests.support.running import started, until
from tests.support.stack import Stack


async def test_reactions_with_nothing_to_do_get_round(stack: Stack) -> None:
    """They are expected from the start of a worker, and polls that bring nothing are progress as well."""
    async with started(LEDGER, stack) as app:
        progress = app.runtime.progress
        assert "reactions" in progress._limits

        async def beaten() -> bool:
            return progress.beaten_within("reactions", 1.0)

        await until(beaten)
        last = progress._last["reactions"]

        async def beaten_again() -> bool:
            return progress._last["reactions"] > last

        await until(beaten_again)
