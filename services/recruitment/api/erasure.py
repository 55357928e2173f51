"""Erasing a person: what it would take, and doing it."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.erasure_views import ErasedView, ErasureBody, ErasurePreview
from services.recruitment.api.weighing import terms_if_any
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.erasing import must_be_erased_by
from services.recruitment.domain.person import Person
from services.recruitment.domain.slot import Slot
from services.recruitment.references import no_longer_wanted
from shared.contracts.envelope import Id
from shared.domain.people import Actor, Role
from shared.messaging.work import Work
from shared.storage.errors import Stale
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, shown

router = APIRouter(tags=["people"])


@router.get("/people/{person}/erasure", response_model=ErasurePreview)
async def preview(person: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """What an erasure of this person would take from recruitment, what it would leave, and why."""
    found = await queries.person(database, person)
    applications = await queries.applications_of(database, person)
    _permit(actor, found, applications)
    return shown(found, ErasurePreview.before(found, applications))


@router.post("/people/{person}/erasure", response_model=ErasedView)
async def erase(
    person: Id, command: CommandDep, database: DatabaseDep, body: ErasureBody = ErasureBody()
) -> Response:
    """Erase a person: yourself, or as privacy lead of their sites. It can't be undone; see what it takes first."""

    async def rule(work: Work) -> Person:
        # The person comes last, and so does what is announced of them.
        ids = [one.id for one in await queries.applications_of(database, person)]
        applications = [await work.load(Candidate, id) for id in ids]
        found = await work.load(Person, person)
        # Whoever applies guards the person: an application that is not among these has changed them since.
        if len(await queries.applications_of(database, person)) != len(applications):
            raise Stale("an application came in while the person's were read")
        _permit(command.actor, found, applications)
        command.match(found)
        for application in applications:
            terms = await terms_if_any(work, application)
            application.erase(by=command.actor, terms=terms, now=command.now)
            await no_longer_wanted(work, application)
        for slot in await queries.slots_ahead_with(database, person, now=command.now):
            (await work.load(Slot, slot)).lose(person)
        found.erase(by=command.actor.person, reason=body.reason, now=command.now)
        return found

    return await command.run(rule, view=ErasedView.of)


def _permit(actor: Actor, person: Person, applications: Sequence[Candidate]) -> None:
    permit(actor, person.site, Role.PRIVACY_LEAD, person=person.id)
    must_be_erased_by(actor, person, applications)
