"""Certificates: reading them, on any day, and what the public sees."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from services.training import queries
from services.training.api.deps import NowDep, PublicUrlDep
from services.training.api.views.certificate import CertificateSummary, CertificateView, StandingView
from services.training.domain.certificate import Certificate
from services.training.domain.credential import PublicPage
from shared.contracts.envelope import Code, Id
from shared.ids import new_token
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, page, shown

router = APIRouter(prefix="/v1", tags=["certificates"])

OnDay = Annotated[date, Query(description="The day, in UTC.")]
KnownOn = Annotated[
    date | None, Query(description="Only what was decided until the end of this day, in UTC, counts.")
]


class PublicPageBody(BaseModel):
    """The whole of what the public page shows: `on` with status, programme and dates; `name` and `site` beside."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"on": True, "name": True, "site": False}]}
    )
    on: bool
    name: bool
    site: bool


@router.get("/certificates")
async def list_certificates(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    now: NowDep,
    *,
    site: Annotated[Id | None, Query()] = None,
    ends_before: Annotated[
        date | None, Query(description="Those whose latest span ends before this day: renewals due.")
    ] = None,
) -> Page[CertificateSummary]:
    """Certificates at the reader's sites."""
    where = queries.certificates_of_sites(actor, site=site, ends_before=ends_before)

    def view(row: dict[str, object]) -> CertificateSummary:
        return CertificateSummary.of(Certificate.rebuild(row), now=now)

    # A certificate that is renewed meanwhile moves on to later pages, or out of the list: as it should.
    by_time = "ends" if ends_before else None
    return await page(database, Certificate.collection, where, paging, view=view, by_time=by_time)


@router.get("/me/certificates")
async def own_certificates(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, now: NowDep
) -> Page[CertificateSummary]:
    """The reader's own certificates."""

    def view(row: dict[str, object]) -> CertificateSummary:
        return CertificateSummary.of(Certificate.rebuild(row), now=now)

    return await page(database, Certificate.collection, {"person": actor.person}, paging, view=view)


@router.get("/certificates/{certificate}", response_model=CertificateView)
async def certificate(
    certificate: Id,
    *,
    actor: ActorDep,
    database: DatabaseDep,
    vault: VaultDep,
    url: PublicUrlDep,
    now: NowDep,
) -> Response:
    """One certificate: for the person and staff of the site."""
    found = await queries.certificate(database, certificate, actor)
    if with_reasons := found.shows_reasons_to(actor):
        await vault.open(found)
    return shown(found, CertificateView.of(found, now=now, public_url=url, with_reasons=with_reasons))


@router.get("/certificates/{certificate}/status")
async def status_on(
    certificate: Id, on: OnDay, actor: ActorDep, database: DatabaseDep, as_known_on: KnownOn = None
) -> StandingView:
    """How a certificate stood on a day; and, if that is asked, what was known of it on another one."""
    found = await queries.certificate(database, certificate, actor)
    return StandingView.of(found, on=on, as_known_on=as_known_on, known=_end_of(as_known_on))


@router.get("/people/{person}/certified")
async def certified_on(
    person: Id,
    on: OnDay,
    actor: ActorDep,
    database: DatabaseDep,
    *,
    programme: Annotated[Code | None, Query()] = None,
    as_known_on: KnownOn = None,
) -> list[StandingView]:
    """Was this person certified on that day? One answer for each certificate the reader may see."""
    found = await queries.certificates_of_person(database, person, actor, programme=programme)
    known = _end_of(as_known_on)
    return [StandingView.of(one, on=on, as_known_on=as_known_on, known=known) for one in found]


@router.put("/certificates/{certificate}/public-page", response_model=CertificateView)
async def show_publicly(
    certificate: Id, body: PublicPageBody, command: CommandDep, url: PublicUrlDep
) -> Response:
    """The person decides what their public page shows, and whether there is one."""
    chosen = PublicPage(**body.model_dump())
    return await command.change(
        Certificate,
        certificate,
        allow=(),
        own="person",
        do=lambda found: found.show_publicly(chosen, by=command.actor.person),
        view=lambda found: CertificateView.of(found, now=command.now, public_url=url),
    )


@router.post("/certificates/{certificate}/public-address", response_model=CertificateView)
async def move_public_page(certificate: Id, command: CommandDep, url: PublicUrlDep) -> Response:
    """Give the public page another address, such as when the one before reached somebody it was not meant for.

    The one before says nothing from then on, and neither does the code on a printed certificate.
    """
    token = new_token()
    return await command.change(
        Certificate,
        certificate,
        allow=(),
        own="person",
        do=lambda found: found.move_public_page(token, by=command.actor.person),
        view=lambda found: CertificateView.of(found, now=command.now, public_url=url),
    )


def _end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1) if day else None
