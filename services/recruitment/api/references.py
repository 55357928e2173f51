"""References, as coordinators ask for them, read them, and note them on the phone."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep, ReferenceFormDep
from services.recruitment.api.reference_views import AnswerBody, ReferencesView, ReferenceView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import Person
from services.recruitment.domain.reference import Link, Reference
from services.recruitment.references import come_in, reference_of
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import Command, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, VaultDep

router = APIRouter(tags=["references"])

Rule = Callable[[Work, Candidate, Reference], Awaitable[None]]

Referee = Annotated[int, Path(ge=1, le=10, description="The referee's place in the application, from 1.")]


@router.get("/candidates/{candidate}/references")
async def list_references(
    candidate: Id, reader: KnownActorDep, database: DatabaseDep, vault: VaultDep
) -> ReferencesView:
    """Whom the applicant named, and what they said: for the coordinators, and never for the applicant."""
    found = await queries.coordinated_candidate(database, candidate, reader)
    references = await queries.references_of(database, candidate)
    await vault.open(*references.values())
    return ReferencesView.of(found, references)


@router.post("/candidates/{candidate}/references/{referee}", response_model=ReferenceView)
async def ask_for_reference(
    candidate: Id, referee: Referee, command: CommandDep, coordinator: KnownActorDep, request: Request
) -> Response:
    """Write to a referee with a link that works once; again sends a new one, and the old one leads nowhere."""
    link = _new_link(request)

    async def ask(work: Work, found: Candidate, reference: Reference) -> None:
        named = found.referee_for(coordinator, referee)
        applicant = await work.load(Person, found.person)
        contact = applicant.reached_by()
        reference.ask(named, link, contact=contact, by=coordinator.person, now=command.now)
        found.references_asked(by=coordinator.person, now=command.now)

    return await _change(candidate, referee, command, ask)


@router.post("/candidates/{candidate}/references/{referee}/withdrawal", response_model=ReferenceView)
async def withdraw_reference(
    candidate: Id, referee: Referee, command: CommandDep, coordinator: KnownActorDep
) -> Response:
    """Nobody is to answer any more: the link leads nowhere from now on."""

    async def withdraw(_: Work, found: Candidate, reference: Reference) -> None:
        found.must_be_handled_by(coordinator)
        reference.withdraw()

    return await _change(candidate, referee, command, withdraw)


@router.post("/candidates/{candidate}/references/{referee}/answer", response_model=ReferenceView)
async def note_reference(
    candidate: Id,
    referee: Referee,
    body: AnswerBody,
    command: CommandDep,
    *,
    coordinator: KnownActorDep,
    form: ReferenceFormDep,
) -> Response:
    """Note what a referee said on the phone, under your name."""

    async def note(_: Work, found: Candidate, reference: Reference) -> None:
        found.referee_for(coordinator, referee)
        answer = body.answer(command.now, taken_by=coordinator.person)
        come_in(reference, found, answer, form)

    return await _change(candidate, referee, command, note)


async def _change(candidate: str, referee: int, command: Command, rule: Rule) -> Response:
    """Load the application and the reference, let them decide, save both."""

    async def both(work: Work) -> Reference:
        applied = await work.load(Candidate, candidate)
        permit(command.actor, applied.site, Role.COORDINATOR)
        applied.must_have_named(referee)
        reference = await reference_of(work, applied, referee)
        command.match(reference)
        await rule(work, applied, reference)
        return reference

    return await command.run(both, view=ReferenceView.of)


def _new_link(request: Request) -> Link:
    token = secrets.token_urlsafe(32)
    public = request.app.state.runtime.settings.public_url.rstrip("/")
    return Link(token=token, url=f"{public}/v1/references/{token}")
