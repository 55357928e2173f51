"""Coming in: people apply."""

from fastapi import APIRouter, Response

from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.api.views import CandidateView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import Person
from shared.domain.errors import Conflict
from shared.messaging.work import Work
from shared.storage.errors import AlreadyThere
from shared.web.commands import PublicCommandDep

router = APIRouter(tags=["applications"])


@router.post("/applications", response_model=CandidateView, status_code=201)
async def apply(body: ApplicationBody, command: PublicCommandDep) -> Response:
    """Apply to become a peer mentor. No account is needed; the answer holds your person id."""
    actor = command.maybe_actor
    person = actor.person if actor else command.new_id()
    candidate = command.new_id()

    async def rule(work: Work) -> Candidate:
        known = await work.find(Person, person)
        applicant = Person.applying(known, person, site=body.site, contact=body.contact())
        made = Candidate.apply(
            id=candidate,
            person=applicant,
            site=body.site,
            programme=body.programme,
            application=body.application(command.now),
            now=command.now,
        )
        work.add(applicant)
        work.add(made)
        return made

    try:
        return await command.run(rule, view=CandidateView.of, status=201)
    except AlreadyThere:
        raise Conflict(
            "candidate_already_applied",
            "There is an open application to this programme already; write to the site about it.",
        ) from None
