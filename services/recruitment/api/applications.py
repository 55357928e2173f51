"""Coming in: people apply, signed in as themselves or without an account."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.recruitment import queries
from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.api.views import CandidateView, ReceivedView
from services.recruitment.domain.candidate import Candidate
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
    body: ApplicationBody, command: PublicCommandDep, database: DatabaseDep, request: Request
) -> Response:
    """Apply to become a peer mentor: signed in as yourself, or without an account.

    Without one the answer is 202 and always the same, so that nobody learns who has applied before.
    """
    if command.maybe_actor is None:
        key = f"{body.site} {body.contact().email_key}"
        # Beyond the rate the answer is the same too: a refusal would tell that somebody applied under this address.
        kept = await _UNDER_EMAIL.lets_in(request, key)
        return await _without_account(body, command, database, kept=kept)
    return await _signed_in(body, command, database, command.actor)


async def _signed_in(body: ApplicationBody, command: Command, database: Database, actor: Actor) -> Response:
    candidate = command.new_id()

    async def rule(work: Work) -> Candidate:
        (await queries.site_of(work, body.site)).must_take_applications(body.programme)
        held = await queries.place_of_person(database, actor.person, programme=body.programme)
        if held is not None:
            held.leave_no_room()
        known = await work.find(Person, actor.person)
        applicant = Person.applying(known, actor.person, site=body.site, contact=body.contact())
        work.add(applicant)
        made = _applied(body, command, candidate, applicant, anonymous=False)
        work.add(made)
        return made

    return await command.run(rule, view=CandidateView.of, status=201)


async def _without_account(
    body: ApplicationBody, command: Command, database: Database, *, kept: bool
) -> Response:
    person, candidate = command.new_id(), command.new_id()

    async def rule(work: Work) -> Candidate:
        (await queries.site_of(work, body.site)).must_take_applications(body.programme)
        applicant = Person.applying(None, person, site=body.site, contact=body.contact())
        made = _applied(body, command, candidate, applicant, anonymous=True)
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


def _applied(
    body: ApplicationBody, command: Command, candidate: str, applicant: Person, *, anonymous: bool
) -> Candidate:
    return Candidate.apply(
        id=candidate,
        person=applicant,
        site=body.site,
        programme=body.programme,
        application=body.application(command.now),
        anonymous=anonymous,
        now=command.now,
    )
