"""A command's unit of work, over the real database."""

from shared.clock import utc_now
from shared.ids import new_id
from shared.messaging.work import Work
from tests.support.ledger_service import LEDGER, Name
from tests.support.running import Started, started
from tests.support.stack import Stack


async def saved(app: Started, work: Work) -> None:
    work.take()
    await app.runtime.committer.commit(work.change())


async def test_what_a_command_forgets_is_deleted(stack: Stack) -> None:
    """Also where it announces nothing and nothing else about it changes."""
    async with started(LEDGER, stack, work=False) as app:
        entered = Work(app.database, now=utc_now(), new_id=new_id)
        entered.add(Name(id="robin", site="leeds", name="Robin"))
        await saved(app, entered)
        work = Work(app.database, now=utc_now(), new_id=new_id)
        (await work.load(Name, "robin")).forget()
        await saved(app, work)
        assert await app.database.count(Name.collection, {}) == 0
