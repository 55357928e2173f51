"""Coming in: people apply, signed in as themselves or without an account."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.recruitment import queries
from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.api.deps import ConsentsDep
from services.recruitment.api.views import CandidateView, ReceivedView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.likeness import mailbox_of
from services.recruitment.domain.person import Person
from shared.domain.people import Actor
from shared.messaging.work import Work
from shared.storage.mongo import Database
from shared.web.commands import Command, PublicCommandDep
from shared.web.queries import DatabaseDep
from shared.web.throttling import Throttle, throttled

router = APIRouter(tags=["applications"])

_WITHOUT_ACCOUNT: dict[int | str, dict[str, Any]] = {
    202: {"model": ReceivedView, "description": "Received from somebody who is not signed in."}
}
_UNDER_EMAIL = Throttle("applications_under_email")


@router.post(
    "/applications",
    response_model=CandidateView,
    status_code=201,
    responses=_WITHOUT_ACCOUNT,
    dependencies=[throttled("applications")],
)
async def apply(
    body: ApplicationBody,
    command: PublicCommandDep,
    *,
    database: DatabaseDep,
    consents: ConsentsDep,
    request: Request,
) -> Response:
    """Apply to become a peer mentor: signed in as yourself, or without an account.

    Without one the answer is 202 and always the same, so that nobody learns who has applied before.
    """
    handed_in = _HandedIn(body, command, consents)
    if command.maybe_actor is not None:
        return await _signed_in(handed_in, database, command.actor)
    # Beyond the rate the answer is the same too: a refusal would tell that somebody applied under this address.
    key = f"{body.site} {mailbox_of(body.contact().email_key)}"
    return await _without_account(handed_in, database, kept=await _UNDER_EMAIL.lets_in(request, key))


class _HandedIn:
    """One application as it came in, under an id of its own however often it is decided."""

    def __init__(self, body: ApplicationBody, command: Command, consents: Consents) -> None:
        self.body = body
        self.command = command
        self._consents = consents
        self._candidate = command.new_id()

    def applied(self, applicant: Person, *, anonymous: bool) -> Candidate:
        """The application of this person. Raises what `Candidate.apply` raises."""
        return Candidate.apply(
            id=self._candidate,
            person=applicant,
            site=self.body.site,
            programme=self.body.programme,
            application=self.body.application(self.command.now),
            anonymous=anonymous,
            consents=self._consents,
            now=self.command.now,
        )


async def _signed_in(handed_in: _HandedIn, database: Database, actor: Actor) -> Response:
    body = handed_in.body

    async def rule(work: Work) -> Candidate:
        (await queries.site_of(work, body.site)).must_take_applications(body.programme)
        held = await queries.place_of_person(database, actor.person, programme=body.programme)
        if held is not None:
            held.leave_no_room()
        known = await work.find(Person, actor.person)
        applicant = Person.applying(known, actor.person, site=body.site, contact=body.contact())
        # An erasure at the same moment takes this application too, or this one is refused.
        work.guard(applicant)
        made = handed_in.applied(applicant, anonymous=False)
        work.add(made)
        return made

    return await handed_in.command.run(rule, view=CandidateView.of, status=201)


async def _without_account(handed_in: _HandedIn, database: Database, *, kept: bool) -> Response:
    body, command = handed_in.body, handed_in.command
    person = command.new_id()

    async def rule(work: Work) -> Candidate:
        (await queries.site_of(work, body.site)).must_take_applications(body.programme)
        applicant = Person.applying(None, person, site=body.site, contact=body.contact())
        made = handed_in.applied(applicant, anonymous=True)
        if kept and not await queries.address_holds_place(
            database, made.email_key, site=made.site, programme=made.programme
        ):
            work.add(applicant)
            work.add(made)
        return made

    answer = await command.run(rule, view=lambda _: ReceivedView(), status=202)
    # The version would tell whether something was saved.
    del answer.headers["ETag"]
    return answer
