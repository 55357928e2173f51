"""What became of the e-mails of a site, and sending one again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.notifications import queries
from services.notifications.api.views import DeliveryView
from services.notifications.domain.delivery import Delivery, State
from services.notifications.queries import Wanted
from shared.contracts.envelope import Id
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep

router = APIRouter(tags=["deliveries"])


def _wanted(site: Id | None = None, person: Id | None = None, state: State | None = None) -> Wanted:
    return Wanted(site=site, person=person, state=state)


WantedDep = Annotated[Wanted, Depends(_wanted)]


@router.get("/deliveries")
async def deliveries(
    actor: ActorDep, database: DatabaseDep, wanted: WantedDep, paging: PagingDep
) -> Page[DeliveryView]:
    """Why somebody did, or did not, get an e-mail: those of one's sites, newest first."""
    found, following = await queries.deliveries(
        database, actor, wanted, limit=paging.limit, cursor=paging.cursor
    )
    return Page(items=[DeliveryView.of(delivery) for delivery in found], next=following)


@router.post("/deliveries/{delivery}/send-again", response_model=DeliveryView)
async def send_again(delivery: Id, command: CommandDep) -> Response:
    """Have an e-mail that failed tried anew, once its cause is put right; again changes nothing."""
    return await command.change(
        Delivery,
        delivery,
        allow=queries.MAY_SEND_AGAIN,
        do=lambda found: found.send_again(now=command.now),
        view=DeliveryView.of,
    )
