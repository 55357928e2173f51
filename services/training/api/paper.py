"""A certificate on paper."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from services.training import queries
from services.training.api.deps import NowDep, PublicUrlDep
from services.training.api.views.certificate import verification_url
from services.training.domain.certificate import Certificate
from services.training.paper.certificate import Paper, Printed, certificate_pdf
from services.training.paper.texts import DEFAULT_LANGUAGE, read_texts
from shared.contracts.envelope import Code, Id
from shared.web.commands import ActorDep
from shared.web.etags import etag
from shared.web.queries import DatabaseDep

router = APIRouter(prefix="/v1", tags=["certificates"])

TEXTS = read_texts()
PDF = "application/pdf"
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One page, the same bytes as long as the certificate is the same.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary", "examples": ["%PDF-1.4 ..."]}}},
    }
}


@router.get("/certificates/{certificate}/paper.pdf", response_class=Response, responses=_ANSWER)
async def certificate_on_paper(
    certificate: Id,
    actor: ActorDep,
    database: DatabaseDep,
    url: PublicUrlDep,
    now: NowDep,
    *,
    language: Annotated[Code, Query(description="Said in English where there are no texts in it.")] = "en",
    paper: Annotated[Paper, Query()] = Paper.A4,
) -> Response:
    """The certificate to print, with a QR code to verify it by: for the person and staff of the site."""
    found = await queries.certificate(database, certificate, actor)
    found.must_be_printable(now)
    spoken = language if language in TEXTS else DEFAULT_LANGUAGE
    page = await run_in_threadpool(
        certificate_pdf, _printed(found, url), TEXTS[spoken], language=spoken, paper=paper
    )
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="certificate-{found.id}.pdf"',
        "ETag": etag(found.version),
    }
    return Response(page, media_type=PDF, headers=headers)


def _printed(certificate: Certificate, url: str) -> Printed:
    return Printed(
        number=certificate.id,
        name=certificate.name,
        programme=certificate.programme_title,
        site=certificate.site,
        provisional=certificate.history.is_provisional,
        begins=certificate.history.begins,
        ends=certificate.ends,
        address=verification_url(certificate, url),
    )
