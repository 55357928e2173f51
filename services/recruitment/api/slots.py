"""Times offered for interviews: offered and joined by staff, booked by candidates."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep, RubricsDep
from services.recruitment.api.interview_bodies import BookingBody, SlotBody, TimesBody
from services.recruitment.api.slot_views import FreeSlotView, SlotView
from services.recruitment.api.views import CandidateView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.slot import Slot, SlotState
from shared.clock import utc_now
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, page

router = APIRouter(tags=["interviews"])

STAFF = (Role.COORDINATOR, Role.INTERVIEWER)


@router.post("/slots", response_model=SlotView, status_code=201)
async def offer(body: SlotBody, command: CommandDep) -> Response:
    """Offer a time: a coordinator for a panel, an interviewer for themself."""

    async def rule(work: Work) -> Slot:
        permit(command.actor, body.site, *STAFF)
        (await queries.site_of(work, body.site)).offer(body.programme)
        slot = Slot.offer(
            id=command.new_id(),
            site=body.site,
            programme=body.programme,
            starts=body.starts,
            minutes=body.minutes,
            panel=tuple(body.panel),
            where=body.where(),
            by=command.actor,
            now=command.now,
        )
        work.add(slot)
        return slot

    return await command.run(rule, view=SlotView.of, status=201)


@router.get("/slots")
async def list_slots(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Id | None = None,
    state: SlotState | None = None,
) -> Page[SlotView]:
    """The times offered at your sites, earliest first."""
    where = queries.slots_of_sites(actor, site=site, state=state)
    return await page(database, Slot.collection, where, paging, view=_row, by_time="starts")


@router.post("/slots/{slot}/join", response_model=SlotView)
async def join(slot: Id, command: CommandDep) -> Response:
    """Join the panel of an offered time; from two people on it can be booked."""
    return await command.change(
        Slot,
        slot,
        allow=(Role.INTERVIEWER,),
        do=lambda found: found.join(by=command.actor),
        view=SlotView.of,
    )


@router.post("/slots/{slot}/withdrawal", response_model=SlotView)
async def withdraw(slot: Id, command: CommandDep) -> Response:
    """Take an offered time back that nobody has booked."""
    return await command.change(
        Slot, slot, allow=STAFF, do=lambda found: found.withdraw(by=command.actor), view=SlotView.of
    )


@router.get("/candidates/{candidate}/slots")
async def free_slots(
    candidate: Id, reader: KnownActorDep, database: DatabaseDep, paging: PagingDep
) -> Page[FreeSlotView]:
    """The times this candidate can book, earliest first: for the person and the coordinators."""
    where = await queries.slots_for(database, candidate, reader, now=utc_now())
    return await page(
        database,
        Slot.collection,
        where,
        paging,
        view=lambda row: FreeSlotView.of(Slot.rebuild(row)),
        by_time="starts",
    )


@router.post("/candidates/{candidate}/interview/booking", response_model=CandidateView)
async def book(
    candidate: Id,
    body: BookingBody,
    command: CommandDep,
    *,
    actor: KnownActorDep,
    database: DatabaseDep,
    rubrics: RubricsDep,
) -> Response:
    """Book an offered time; an interview that lies ahead moves there. A coordinator may for the person."""

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(command.actor, found.site, Role.COORDINATOR, person=found.person)
        command.match(found)
        slot = queries.slot_offered_to(found, await work.find(Slot, body.slot))
        slot.book_for(found.id)
        found.book_interview(
            slot=slot.id,
            starts=slot.starts,
            minutes=slot.minutes,
            panel=await queries.known_people(database, slot.panel),
            where=slot.where,
            criteria=rubrics.of(found.programme),
            by=actor,
            now=command.now,
        )
        return found

    return await command.run(rule, view=CandidateView.of)


@router.post("/candidates/{candidate}/interview/times", response_model=CandidateView)
async def ask_for_times(
    candidate: Id, body: TimesBody, command: CommandDep, actor: KnownActorDep
) -> Response:
    """Say which other times would suit; the coordinators are told and read it."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        own="person",
        do=lambda found: found.ask_for_times(body.times, by=actor, now=command.now),
        view=CandidateView.of,
    )


def _row(document: dict[str, object]) -> SlotView:
    return SlotView.of(Slot.rebuild(document))
