"""The public page of a certificate, at an address nobody can guess."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment

from services.training import queries
from services.training.api.deps import NowDep
from services.training.api.views.certificate import PublicCertificate
from services.training.domain.history import CertificateStatus
from shared.storage.mongo import Database
from shared.web.problems import problem
from shared.web.queries import DatabaseDep
from shared.web.throttling import throttled

router = APIRouter(tags=["verification"])

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The address is the secret: no cache, search engine or other site is to learn it."""

NOTHING = (
    "There is no certificate to see here. If you expected one, please check the address letter by letter, or ask "
    "whoever gave it to you."
)
"""The same for an address that never was and for a page its holder has switched off."""

STATUSES: Mapping[CertificateStatus, str] = {
    CertificateStatus.NONE: "This certificate is not valid yet.",
    CertificateStatus.PROVISIONAL: "This certificate is valid, for a first, provisional time.",
    CertificateStatus.VALID: "This certificate is valid.",
    CertificateStatus.SUSPENDED: "This certificate is not valid at present.",
    CertificateStatus.EXPIRED: "This certificate has expired.",
    CertificateStatus.REVOKED: "This certificate is not valid any more.",
}
"""A sentence for every status there is: none is told as another."""

_PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{{ title }}</title>
<style>
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 }
main { max-width: 36rem; margin: 3rem auto; padding: 0 1rem }
dt { font-weight: 600 } dd { margin: 0 0 .75rem }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
{% if shown %}
<p role="status"><strong>{{ statuses[shown.status] }}</strong></p>
<dl>
{% if shown.name %}<dt>Name</dt><dd>{{ shown.name }}</dd>{% endif %}
<dt>Programme</dt><dd>{{ shown.programme }}</dd>
{% if shown.site %}<dt>Site</dt><dd>{{ shown.site }}</dd>{% endif %}
<dt>Valid from</dt><dd><time>{{ shown.valid_from }}</time></dd>
<dt>Valid until, not including</dt><dd><time>{{ shown.valid_until }}</time></dd>
</dl>
{% else %}
<p>{{ nothing }}</p>
{% endif %}
</main>
</body>
</html>
""")


@router.get(
    "/verify/{token}",
    response_model=PublicCertificate,
    dependencies=[throttled("verifications", opens=True)],
    responses={200: {"content": {"text/html": {}}}, 404: {"content": {"text/html": {}}}},
)
async def verify(token: str, request: Request, database: DatabaseDep, now: NowDep) -> Response:
    """Public: a page, or JSON where that is what is asked for."""
    shown = await _shown(token, database, now)
    if not _wants_json(request.headers.get("accept", "")):
        title = "Peer mentor certificate" if shown else "Nothing here"
        page = _PAGE.render(shown=shown, title=title, nothing=NOTHING, statuses=STATUSES)
        return HTMLResponse(page, 200 if shown else 404, headers=dict(HEADERS))
    if shown is None:
        return problem(404, "not_found", NOTHING, headers=HEADERS)
    return JSONResponse(shown.model_dump(mode="json", exclude_none=True), headers=dict(HEADERS))


async def _shown(token: str, database: Database, now: datetime) -> PublicCertificate | None:
    certificate = await queries.public_certificate(database, token)
    return PublicCertificate.of(certificate, now=now) if certificate else None


def _wants_json(accept: str) -> bool:
    return "json" in accept and "text/html" not in accept
