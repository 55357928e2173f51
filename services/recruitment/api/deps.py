"""What routes of recruitment are given beside the request."""

from typing import Annotated

from fastapi import Depends, Request

from services.recruitment import queries
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.criteria import Rubrics
from services.recruitment.domain.form import Form
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.reference_form import ReferenceForm
from services.recruitment.domain.targets import Targets
from shared.web.commands import ActorDep
from shared.web.queries import DatabaseDep


def _rubrics(request: Request) -> Rubrics:
    rubrics: Rubrics = request.app.state.runtime.extras["rubrics"]
    return rubrics


def _consents(request: Request) -> Consents:
    consents: Consents = request.app.state.runtime.extras["consents"]
    return consents


def _form(request: Request) -> Form:
    form: Form = request.app.state.runtime.extras["form"]
    return form


def _reference_form(request: Request) -> ReferenceForm:
    form: ReferenceForm = request.app.state.runtime.extras["reference_form"]
    return form


ReferenceFormDep = Annotated[ReferenceForm, Depends(_reference_form)]
ConsentsDep = Annotated[Consents, Depends(_consents)]
FormDep = Annotated[Form, Depends(_form)]
RubricsDep = Annotated[Rubrics, Depends(_rubrics)]


def _targets(request: Request) -> Targets:
    targets: Targets = request.app.state.runtime.extras["targets"]
    return targets


TargetsDep = Annotated[Targets, Depends(_targets)]


async def _known(actor: ActorDep, database: DatabaseDep) -> KnownActor:
    return await queries.known(database, actor)


KnownActorDep = Annotated[KnownActor, Depends(_known)]
"""The signed-in person with the address they are known by: whoever handles applications is held against it."""
