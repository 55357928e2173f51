"""Every route of every service, with whatever its document lets in: it answers, and never fails."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from services.notifications.service import SERVICE as NOTIFICATIONS
from services.recruitment.service import SERVICE as RECRUITMENT
from services.supervision.service import SERVICE as SUPERVISION
from services.training.service import SERVICE as TRAINING
from shared.domain.aggregate import Aggregate
from shared.domain.people import EVERY_SITE, Grant, Role
from shared.service import Service
from tests.recruitment.running import describe
from tests.recruitment.test_api import form
from tests.support.running import Started, started, until
from tests.support.stack import Stack
from tests.training.builders import MENTOR, granted, ready
from tests.training.test_api import ANA, store

EXAMPLES = 12
"""Tries of each route; the same ones each time."""


@asynccontextmanager
async def served(app: Started) -> AsyncIterator[str]:
    """The service at an address, as its users reach it."""
    server = uvicorn.Server(
        uvicorn.Config(app.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve())

    async def up() -> bool:
        return server.started

    await until(up)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def people_of_recruitment(app: Started) -> Mapping[str, str]:
    """A described site, and somebody who has applied there."""
    await describe(app, "leeds")
    async with app.client("robin") as robin:
        made = (await robin.post("/v1/applications", json=form())).json()
    return {"site": "leeds", "candidate": made["candidate"], "person": "robin"}


async def people_of_training(app: Started) -> Mapping[str, str]:
    """Somebody who waits for a certifier, and somebody who has a certificate."""
    waiting, certified = ready(), ready(person="ben")
    certificate = granted(certified)
    present: tuple[Aggregate, ...] = (waiting, certified, certificate, ANA)
    for aggregate in present:
        await store(app, aggregate)
    return {
        "enrolment": waiting.id,
        "certificate": certificate.id,
        "person": MENTOR,
        "module": "communication",
        "assessment": "written",
        "code": "core",
        "token": certificate.token,
    }


async def nobody(_: Started) -> Mapping[str, str]:
    """Nobody is there yet."""
    return {}


SERVICES = [
    (RECRUITMENT, people_of_recruitment),
    (TRAINING, people_of_training),
    (SUPERVISION, nobody),
    (NOTIFICATIONS, nobody),
]


@pytest.mark.parametrize(("service", "people"), SERVICES, ids=lambda it: getattr(it, "name", ""))
async def test_no_request_makes_a_service_fail(stack: Stack, service: Service, people: Any) -> None:
    """Requests made up from the document, about what is there and what is not, are answered and never with 5xx."""
    async with started(service, stack, work=False) as app, served(app) as url:
        known = await people(app)
        every = [Grant(role=role, site=EVERY_SITE) for role in Role]
        headers = {"Authorization": f"Bearer {app.issuer.token('ada', *every)}"}
        document = app.app.openapi()
        tried = await asyncio.to_thread(lambda: sum(1 for _ in attacks(document, url, headers, known)))
    assert tried == sum(len(operations) for operations in document["paths"].values())


def attacks(
    document: dict[str, Any], url: str, headers: Mapping[str, str], known: Mapping[str, str]
) -> Iterator[str]:
    """Tries each operation; yields its name once it has stood its tries."""
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        @given(case=operation.as_strategy(), there=st.booleans())
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        def attack(case: Case[Any], there: bool) -> None:
            if there:
                for name in case.path_parameters.keys() & known.keys():
                    case.path_parameters[name] = known[name]
            answer = case.call(base_url=url, headers=dict(headers))
            case.validate_response(answer, checks=[not_a_server_error])

        attack()
        yield operation.label
