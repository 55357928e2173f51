"""The screening interview: the appointment, who holds it, and what became of it."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.calendar import calendar_of
from services.recruitment.api.deps import KnownActorDep, RubricsDep
from services.recruitment.api.interview_bodies import InterviewBody, MissedBody, MoveBody, PanelBody
from services.recruitment.api.interview_views import ICS, InterviewsView
from services.recruitment.api.views import CandidateView
from services.recruitment.domain.candidate import Candidate
from shared.calendar import MEDIA_TYPE
from shared.clock import utc_now
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.web.commands import CommandDep
from shared.web.queries import DatabaseDep, VaultDep, shown

router = APIRouter(tags=["interviews"])


@router.get("/candidates/{candidate}/interview", response_model=InterviewsView)
async def interviews(
    candidate: Id, reader: KnownActorDep, database: DatabaseDep, vault: VaultDep
) -> Response:
    """Every round with its history: for staff of the site, the panel and the person."""
    found = await queries.candidate_for(database, candidate, reader)
    if found.times_wish:
        await vault.open(found.times_wish)
    return shown(found, InterviewsView.for_reader(found, reader))


@router.post("/candidates/{candidate}/interview", response_model=CandidateView)
async def schedule(
    candidate: Id,
    body: InterviewBody,
    command: CommandDep,
    *,
    coordinator: KnownActorDep,
    database: DatabaseDep,
    rubrics: RubricsDep,
) -> Response:
    """Set the interview, or begin another round; one that was held in the last days can be noted too."""
    panel = await queries.known_people(database, body.panel)
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.schedule_interview(
            starts=body.starts,
            minutes=body.minutes,
            panel=panel,
            criteria=rubrics.of(found.programme),
            where=body.where(),
            by=coordinator,
            now=command.now,
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/interview/move", response_model=CandidateView)
async def move(candidate: Id, body: MoveBody, command: CommandDep, coordinator: KnownActorDep) -> Response:
    """Move the interview that lies ahead; it stays the same one in everybody's calendar."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.move_interview(
            starts=body.starts,
            minutes=body.minutes,
            where=body.where.where() if body.where else None,
            by=coordinator,
            now=command.now,
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/interview/cancellation", response_model=CandidateView)
async def cancel(candidate: Id, command: CommandDep, actor: KnownActorDep) -> Response:
    """Call off the interview that lies ahead: a coordinator, or up to a day before it the person themself."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        own="person",
        do=lambda found: found.cancel_interview(by=actor, now=command.now),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/interview/missed", response_model=CandidateView)
async def missed(
    candidate: Id, body: MissedBody, command: CommandDep, coordinator: KnownActorDep
) -> Response:
    """Note that it did not take place; it counts against nobody, and another date can be set or booked."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.miss_interview(body.absent, by=coordinator, now=command.now),
        view=CandidateView.of,
    )


@router.put("/candidates/{candidate}/interview/panel", response_model=CandidateView)
async def change_panel(
    candidate: Id,
    body: PanelBody,
    command: CommandDep,
    *,
    coordinator: KnownActorDep,
    database: DatabaseDep,
) -> Response:
    """Name the panel anew; whoever has handed in a card stays on it."""
    panel = await queries.known_people(database, body.panel)
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.change_panel(panel, by=coordinator, now=command.now),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/interview/conflict-of-interest", response_model=CandidateView)
async def step_back(candidate: Id, command: CommandDep, interviewer: KnownActorDep) -> Response:
    """Say that you are too close to this candidate: you are off the panel, and no reason is asked."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.INTERVIEWER,),
        do=lambda found: found.step_back(by=interviewer, now=command.now),
        view=CandidateView.of,
    )


@router.get(
    "/candidates/{candidate}/interview.ics",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"example": ICS}}}},
)
async def calendar(candidate: Id, reader: KnownActorDep, database: DatabaseDep) -> Response:
    """The latest appointment for a calendar, on the reader's own clock: for the person and the panel."""
    found = await queries.appointment_for(database, candidate, reader)
    zone = await queries.time_zone_of(database, reader.person)
    return Response(calendar_of(found, time_zone=zone, now=utc_now()), media_type=MEDIA_TYPE)
