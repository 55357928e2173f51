"""Coming in: people apply, and a site enters its staff."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import ApplicationBody, StaffBody
from services.recruitment.api.views import CandidateView, StaffView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.staff import StaffMember, staff_id
from shared.contracts.envelope import Id
from shared.domain.errors import Conflict, Forbidden
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.storage.errors import AlreadyThere
from shared.web.commands import CommandDep, PublicCommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["applications"])
ADMINS = (Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)


@router.post("/applications", response_model=CandidateView, status_code=201)
async def apply(body: ApplicationBody, command: PublicCommandDep) -> Response:
    """Apply to become a peer mentor. No account is needed; the answer holds your person id."""
    actor = command.maybe_actor
    person = actor.person if actor else command.new_id()
    candidate = command.new_id()

    async def rule(work: Work) -> Candidate:
        staff = await work.find(StaffMember, staff_id(person, body.site))
        made = Candidate.apply(
            id=candidate,
            person=person,
            site=body.site,
            programme=body.programme,
            application=body.application(command.now),
            now=command.now,
            duties=staff.duties if staff else (),
        )
        work.add(made)
        return made

    try:
        return await command.run(rule, view=CandidateView.of, status=201)
    except AlreadyThere:
        raise Conflict(
            "candidate_already_applied",
            "There is an open application to this programme already; write to the site about it.",
        ) from None


@router.put("/staff/{person}", response_model=StaffView)
async def put_staff(person: Id, body: StaffBody, command: CommandDep, database: DatabaseDep) -> Response:
    """Enter somebody who works for a site, or change their contact or duties."""

    async def rule(work: Work) -> StaffMember:
        permit(command.actor, body.site, *ADMINS)
        # The contact replaces what every service knows of the person, so each site that knows them has a say.
        known_at = await queries.sites_that_know(database, person)
        if not all(command.actor.holds(site, *ADMINS) for site in known_at):
            raise Forbidden(
                "person_of_another_site",
                "Another site knows this person too; ask somebody who administers both.",
            )
        found = await work.find(StaffMember, staff_id(person, body.site))
        duties = tuple(body.duties)
        if found is None:
            found = StaffMember.enter(person, body.site, body.contact(), duties)
            work.add(found)
        else:
            command.match(found)
            found.now_is(body.contact(), duties)
        return found

    return await command.run(rule, view=StaffView.of)
