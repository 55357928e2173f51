"""The public page of a referee: questions at an address nobody can guess, answered once, without an account.

A link that never was, one that was used and one whose time is over are answered alike. Only the browser that has just
answered is thanked, by a cookie that says no more than that.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from services.recruitment import queries
from services.recruitment.api.deps import ReferenceFormDep
from services.recruitment.api.reference_html import PAGE, answer_of
from services.recruitment.api.reference_views import QuestionsView, ReplyBody, ThanksView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.reference import Reference
from services.recruitment.domain.reference_form import DEFAULT_LANGUAGE, ReferenceForm
from services.recruitment.references import come_in
from shared.clock import utc_now
from shared.contracts.envelope import Code
from shared.domain.errors import Invalid, NotFound
from shared.messaging.work import Work
from shared.storage.mongo import Database
from shared.web.commands import Command, PublicCommandDep
from shared.web.problems import problem
from shared.web.queries import DatabaseDep
from shared.web.throttling import throttled

router = APIRouter(tags=["references"])
forms = APIRouter(include_in_schema=False)

FORMS_AT = "/forms/references/"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Cookie",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The address is the secret: no cache, search engine or other site is to learn it."""
ANSWERED = "answered"
THANKED_FOR_S = 900


@router.get(
    "/references/{token}",
    response_model=QuestionsView,
    responses={200: {"content": {"text/html": {}}}, 404: {"content": {"text/html": {}}}},
    dependencies=[throttled("references", opens=True)],
)
async def questions(
    token: str, request: Request, database: DatabaseDep, form: ReferenceFormDep, language: Code | None = None
) -> Response:
    """Public: a page with a form, or JSON where that is what is asked for."""
    html = not _wants_json(request.headers.get("accept", ""))
    if request.cookies.get(ANSWERED) == _mark(token):
        return _page(form, language, thanks=True) if html else _json(200, ThanksView())
    shown = await _questions(token, database, form, language)
    if shown is None:
        _, words = form.in_language(language or DEFAULT_LANGUAGE)
        return (
            _page(form, language, 404) if html else problem(404, "not_found", words.nothing, headers=HEADERS)
        )
    return _page(form, shown.language, shown=shown, token=token) if html else _json(200, shown)


@router.post("/references/{token}", response_model=ThanksView, dependencies=[throttled("references")])
async def reply(
    token: str, body: ReplyBody, command: PublicCommandDep, database: DatabaseDep, form: ReferenceFormDep
) -> Response:
    """Public: answer, or say that you would rather not; once."""
    return await _reply(token, body, command, database, form)


@forms.post(FORMS_AT + "{token}", dependencies=[throttled("references")])
async def reply_by_page(
    token: str, request: Request, command: PublicCommandDep, database: DatabaseDep, form: ReferenceFormDep
) -> Response:
    """What the page sends: the same as `reply`, and back to a page."""
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    language, _ = form.in_language(sent.get("language") or DEFAULT_LANGUAGE)
    # By way of another look: sent twice, the second finds the link used, and the browser is thanked all the same.
    back = RedirectResponse(f"/v1/references/{token}?language={language}", 303, headers=dict(HEADERS))
    try:
        await _reply(token, answer_of(sent, form), command, database, form)
    except Invalid as refusal:
        shown = await _questions(token, database, form, language)
        if shown is not None:
            return _page(form, language, 422, shown=shown, token=token, sent=sent, wrong=refusal.message)
    except NotFound:
        pass
    else:
        _thank(back, token, secure=request.app.state.runtime.settings.public_url.startswith("https:"))
    return back


async def _reply(
    token: str, body: ReplyBody, command: Command, database: Database, form: ReferenceForm
) -> Response:
    async def rule(work: Work) -> Reference:
        there = await queries.reference_with(database, token, now=command.now)
        found = await work.find(Reference, there.id) if there else None
        # Asked once more: somebody may have answered between the two.
        if found is None or not found.answers_to(token, command.now):
            raise NotFound("not_found", form.words[DEFAULT_LANGUAGE].nothing)
        if body.answer is None:
            found.decline()
        else:
            candidate = await work.load(Candidate, found.candidate)
            come_in(found, candidate, body.answer.answer(command.now), form)
        return found

    return await command.run(rule, view=lambda _: ThanksView())


async def _questions(
    token: str, database: Database, form: ReferenceForm, language: str | None
) -> QuestionsView | None:
    found = await queries.reference_with(database, token, now=utc_now())
    if found is None:
        return None
    applicant = await queries.person(database, found.person)
    if applicant.contact is None:
        return None
    return QuestionsView.of(found, form, name=applicant.contact.name, language=language)


def _page(form: ReferenceForm, language: str | None, status: int = 200, **parts: Any) -> Response:
    code, words = form.in_language(language or DEFAULT_LANGUAGE)
    whole = {
        "language": code,
        "words": words,
        "languages": sorted(form.words),
        "action": FORMS_AT,
        "sent": {},
    }
    return HTMLResponse(PAGE.render(whole | parts), status, headers=dict(HEADERS))


def _thank(answer: Response, token: str, *, secure: bool) -> None:
    answer.set_cookie(
        ANSWERED,
        _mark(token),
        max_age=THANKED_FOR_S,
        path="/v1/references/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _json(status: int, view: QuestionsView | ThanksView) -> Response:
    return Response(view.model_dump_json(), status, dict(HEADERS), "application/json")


def _mark(token: str) -> str:
    """Tells this browser's own answer from another's, and is not what the database keeps."""
    return hashlib.sha256(f"answered {token}".encode()).hexdigest()


def _wants_json(accept: str) -> bool:
    return "json" in accept and "text/html" not in accept
