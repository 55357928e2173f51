"""Training over HTTP, on real services: who may do what, and what is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from services.training.api.verification import STATUSES
from services.training.domain.attempts import Allowance, AssessmentRecord
from services.training.domain.contact import Contact
from services.training.domain.enrolled import Moved, MovedText
from services.training.domain.enrolment import Enrolment
from services.training.domain.history import CertificateStatus
from services.training.domain.reason import ReasonText
from services.training.domain.supervisors import Supervisors
from services.training.service import SERVICE
from shared.domain.aggregate import Aggregate
from shared.domain.sealed import Sealed
from shared.ids import new_id
from shared.storage.unit_of_work import Change, Write, to_seal
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import (
    CORE,
    MENTOR,
    NAME,
    OPENED,
    SITE,
    assess,
    assigned,
    complete,
    granted,
    opened,
    ready,
    right_answers,
    scores,
    take_written,
    trained,
)

TRAINER = [("trainer", SITE)]
ANA = Contact(id=MENTOR, site=SITE, name=NAME)


async def store(app: Started, aggregate: Aggregate) -> None:
    """Put an aggregate where an earlier story would have left it."""
    document = {**aggregate.document(), "version": max(1, aggregate.version)}
    write = Write.put(aggregate.collection, document)
    await app.runtime.committer.commit(Change(writes=(write,), to_seal=tuple(to_seal(aggregate))))


@asynccontextmanager
async def service(stack: Stack, *present: Aggregate) -> AsyncIterator[Started]:
    """Training with these aggregates in its database; only its API runs."""
    async with started(SERVICE, stack, work=False) as app:
        for aggregate in present:
            await store(app, aggregate)
        yield app


async def said(app: Started) -> list[str]:
    """Types of the events and timers that wait to be sent, in sequence."""
    rows = [*await app.database.find("outbox", {}), *await app.database.find("timers", {})]
    rows.sort(key=lambda row: (row["subject"], row["sequence"]))
    return [row["headers"]["ce_type"].decode().removeprefix("peerpath.training.") for row in rows]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def at(enrolment: Enrolment, path: str = "") -> str:
    return f"/v1/enrolments/{enrolment.id}{path}"


async def test_programmes_are_read_without_answers(stack: Stack) -> None:
    """A programme is shown with the source of every number, and without its questions."""
    async with service(stack) as app, app.client("anybody") as me:
        listed = (await me.get("/v1/programmes")).json()
        core = (await me.get("/v1/programmes/core")).json()
        refused(await me.get("/v1/programmes/yoga"), 404, "programme_unknown")
        assert (await me.get("/v1/programmes/core?version=1")).json() == core
        refused(await me.get("/v1/programmes/core?version=2"), 404, "programme_unknown")
        async with app.client() as nobody:
            refused(await nobody.get("/v1/programmes"), 401, "token_missing")

    assert "core" in [found["code"] for found in listed]
    assert core["certification"]["training_hours"]["confirmed"] is True
    assert not any(question.code in str(core) for question in CORE.written("written").questions)


async def test_who_sees_an_enrolment(stack: Stack) -> None:
    """The person and staff of the site see an enrolment; to everybody else it does not exist."""
    enrolment = opened()
    async with service(stack, enrolment) as app:
        for person, grants, status in [
            (MENTOR, [], 200),
            ("t", TRAINER, 200),
            ("t", [("trainer", "hillside")], 404),
            ("somebody", [], 404),
            ("i", [("interviewer", SITE)], 403),
        ]:
            async with app.client(person, grants) as client:
                for path in ("", "/plan", "/readiness"):
                    assert (await client.get(at(enrolment, path))).status_code == status, (person, path)


async def test_what_a_supervisor_sees(stack: Stack) -> None:
    """Whoever supervises reads the enrolment while they hold the role at the site; other supervisors don't."""
    enrolment = opened()
    enrolment.take_supervisor(assigned("sam"))
    async with service(stack, enrolment) as app:
        for person, grants, status in [
            ("sam", [("supervisor", SITE)], 200),
            ("sam", [("supervisor", "hillside")], 404),
            ("sam", [], 404),
            ("sue", [("supervisor", SITE)], 403),
        ]:
            async with app.client(person, grants) as client:
                for path in ("", "/plan", "/readiness"):
                    assert (await client.get(at(enrolment, path))).status_code == status, (person, path)


async def test_reasons_are_not_for_the_supervisor(stack: Stack) -> None:
    """Why somebody was moved, or given another attempt, they and staff of the site read, and no supervisor."""
    enrolment = opened()
    enrolment.take_supervisor(assigned("sam"))
    text = Sealed.of(MovedText(reason="Ana was ill."))
    enrolment.moves = (Moved(from_version=1, to_version=1, at=OPENED, by="tom", text=text),)
    why = Sealed.of(ReasonText(reason="It was about a loss."))
    record = AssessmentRecord(code="written").allowing_another(Allowance(by="tom", at=OPENED, why=why))
    enrolment.learning = enrolment.learning.with_assessment(record)
    async with service(stack, enrolment) as app:
        for person, grants, told in [
            (MENTOR, [], True),
            ("t", TRAINER, True),
            ("sam", [("supervisor", SITE)], False),
        ]:
            async with app.client(person, grants) as client:
                shown = await client.get(at(enrolment))
            assert shown.status_code == 200
            assert [words in shown.text for words in ("was ill", "a loss")] == [told, told], person


async def test_lists_keep_to_their_sites(stack: Stack) -> None:
    """Lists show one's own enrolments, or those of one's sites, and no others."""
    mine, theirs = opened(person="ana"), opened(person="ben", site="hillside")
    async with service(stack, mine, theirs) as app:
        async with app.client("t", TRAINER) as trainer:
            assert [e["person"] for e in (await trainer.get("/v1/enrolments")).json()["items"]] == ["ana"]
            refused(await trainer.get("/v1/enrolments?site=hillside"), 404, "not_found")
        async with app.client("ben") as ben:
            assert [e["person"] for e in (await ben.get("/v1/me/enrolments")).json()["items"]] == ["ben"]
            refused(await ben.get("/v1/enrolments"), 403, "role_missing")


async def test_whom_a_certifier_looks_for(stack: Stack) -> None:
    """A list can be narrowed to those who wait for a decision, or to those who still lack something."""
    new, waiting, certified = opened(person="ana"), ready(person="ben"), ready(person="cora")
    granted(certified)
    async with (
        service(stack, new, waiting, certified) as app,
        app.client("cem", [("certifier", SITE)]) as certifier,
    ):

        async def listed(query: str) -> set[str]:
            answer = await certifier.get(f"/v1/enrolments{query}")
            return {enrolment["person"] for enrolment in answer.json()["items"]}

        assert await listed("?ready=true") == {"ben"}
        assert await listed("?ready=false") == {"ana"}
        assert await listed("") == {"ana", "ben", "cora"}


async def test_learning(stack: Stack) -> None:
    """The person reports progress, a trainer signs, and neither does the other's part."""
    enrolment = opened()
    module = at(enrolment, "/modules/communication")
    async with (
        service(stack, enrolment) as app,
        app.client(MENTOR) as me,
        app.client("t", TRAINER) as trainer,
    ):
        answer = await me.post(f"{module}/progress", json={"percent": 40, "minutes": 55})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        refused(
            await trainer.post(f"{module}/progress", json={"percent": 4, "minutes": 5}), 403, "role_missing"
        )
        refused(await me.post(f"{module}/completion", json={"hours": 8}), 404, "not_found")
        refused(await trainer.post(f"{module}/completion", json={"hours": 1}), 422, "module_hours_short")
        done = await trainer.post(f"{module}/completion", json={"hours": 8})
        assert done.status_code == 200
        assert await said(app) == ["module.completed.v1"]
        plan = (await me.get(at(enrolment, "/plan"))).json()["plan"]
        assert plan["done"][0] == "Communication and active listening is completed, with 8 hours."


async def test_pausing(stack: Stack) -> None:
    """The person pauses and resumes their own training, and learning waits meanwhile."""
    enrolment = opened()
    async with service(stack, enrolment) as app, app.client(MENTOR) as me:
        assert (await me.post(at(enrolment, "/pause"))).json()["paused_since"]
        progress = await me.post(
            at(enrolment, "/modules/self_care/progress"), json={"percent": 4, "minutes": 5}
        )
        refused(progress, 409, "enrolment_paused")
        assert (await me.post(at(enrolment, "/resume"))).json()["paused_since"] is None
        assert await said(app) == ["enrolment.paused.v1", "enrolment.resumed.v1"]


async def test_pausing_for_somebody(stack: Stack) -> None:
    """A coordinator or trainer of the site pauses for somebody, and it is kept who; nobody else does."""
    enrolment = opened()
    async with service(stack, enrolment) as app:
        for person, grants, status, code in [
            ("c", [("coordinator", "hillside")], 404, "not_found"),
            ("a", [("assessor", SITE)], 403, "role_missing"),
            ("somebody", [], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(at(enrolment, "/pause")), status, code)
        async with app.client("cleo", [("coordinator", SITE)]) as coordinator:
            assert (await coordinator.post(at(enrolment, "/pause"))).json()["paused_by"] == "cleo"
        async with app.client("t", TRAINER) as trainer:
            await trainer.post(at(enrolment, "/resume"))
            assert (await trainer.get(at(enrolment))).json()["resumed_by"] == "t"
        async with app.client("bea", [("assessor", SITE)]) as other:
            shown = (await other.get(at(enrolment))).json()
            assert (shown["paused_by"], shown["resumed_by"]) == (None, None)


async def test_another_attempt(stack: Stack) -> None:
    """A trainer of the site opens an attempt with a reason, which is read and not repeated in the answer."""
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    for number in range(3):
        take_written(enrolment, right=0, seed=f"seed {number}")
    path = at(enrolment, "/assessments/written/allowance")
    async with service(stack, enrolment) as app:
        for person, grants, status, code in [
            (MENTOR, [], 404, "not_found"),
            (MENTOR, TRAINER, 403, "attempt_own_allowance"),
            ("t", [("trainer", "hillside")], 404, "not_found"),
            ("c", [("coordinator", SITE)], 403, "role_missing"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(path, json={"reason": "Ill."}), status, code)
        async with app.client("t", TRAINER) as trainer:
            refused(await trainer.post(path, json={}), 422, "invalid_request")
            answer = await trainer.post(path, json={"reason": "Ill that day."})
            written = answer.json()["assessments"][0]
            assert (written["attempts_left"], written["allowances"][0]["by"]) == (1, "t")
            assert "Ill that day." not in answer.text
            assert "Ill that day." in (await trainer.get(at(enrolment))).text
            refused(await trainer.post(path, json={"reason": "r"}), 409, "assessment_attempts_left")


async def test_the_written_assessment(stack: Stack) -> None:
    """Ten questions are shown without their answers, marked at once, and a repeated request counts once."""
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    path = at(enrolment, "/assessments/written/attempts")
    async with service(stack, enrolment) as app, app.client(MENTOR) as me:
        started_attempt = await me.post(path)
        assert started_attempt.status_code == 201
        body = started_attempt.json()
        assert len(body["questions"]) == 10
        assert set(body["questions"][0]) == {"id", "kind", "text", "options"}
        answers = right_answers(tuple(question["id"] for question in body["questions"]))
        for _ in range(2):
            result = await me.post(
                f"{path}/1/answers", json={"answers": answers}, headers={"Idempotency-Key": "once"}
            )
            assert (result.json()["passed"], result.json()["right"]) == (True, 10)
        refused(await me.post(path), 409, "assessment_already_passed")
        assert await said(app) == ["assessment.passed.v1"]


async def test_the_practical_assessment(stack: Stack) -> None:
    """An assessor enters the result; the supervisor can't be the one."""
    enrolment = trained()
    enrolment.learning = enrolment.learning.model_copy(update={"assessments": ()})
    supervisors = Supervisors(id=MENTOR, site=SITE)
    supervisors.assign(assigned("sam"))
    path = at(enrolment, "/assessments/practical/result")
    async with service(stack, enrolment, supervisors) as app:
        async with app.client("sam", [("assessor", SITE)]) as supervisor:
            refused(await supervisor.post(path, json={"scores": scores()}), 403, "assessor_is_the_supervisor")
        for person, grants, status, code in [
            (MENTOR, [("assessor", SITE)], 403, "assessor_is_the_person"),
            ("ada", [("assessor", "hillside")], 404, "not_found"),
            ("t", TRAINER, 403, "role_missing"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(path, json={"scores": scores()}), status, code)
        async with app.client("ada", [("assessor", SITE)]) as assessor:
            result = await assessor.post(path, json={"scores": scores(), "notes": "calm"})
            assert result.json()["passed"] is True


async def test_who_reads_an_assessors_notes(stack: Stack) -> None:
    """An assessor's notes are read by the person and by that assessor, and by nobody else of the site."""
    enrolment = opened()
    complete(enrolment)
    assess(enrolment, scores(), by="ada", notes="calm")
    async with service(stack, enrolment) as app:
        for person, grants, notes in [
            (MENTOR, [], "calm"),
            ("ada", [("assessor", SITE)], "calm"),
            ("bea", [("assessor", SITE)], None),
            ("t", TRAINER, None),
        ]:
            async with app.client(person, grants) as reader:
                practical = (await reader.get(at(enrolment))).json()["assessments"][1]
                assert practical["attempts"][0]["notes"] == notes, person


async def test_signing(stack: Stack) -> None:
    """The person signs the code of ethics in the version in force."""
    enrolment = opened()
    async with service(stack, enrolment) as app, app.client(MENTOR) as me:
        path = at(enrolment, "/attestations")
        refused(
            await me.post(path, json={"code": "code_of_ethics", "version": "0"}), 422, "attestation_version"
        )
        signed = await me.post(path, json={"code": "code_of_ethics", "version": "1"})
        assert signed.json()["attestations"] == ["code_of_ethics/1"]


async def grant(app: Started, enrolment: Enrolment) -> httpx.Response:
    async with app.client("cem", [("certifier", SITE)]) as certifier:
        return await certifier.post(at(enrolment, "/certificate"), json={"reason": "All there."})


async def test_who_grants(stack: Stack) -> None:
    """A certificate is granted by a certifier of the site, once everything is there, and once."""
    enrolment, early = ready(), opened(person="ben")
    async with service(stack, enrolment, early, ANA) as app:
        for person, grants, status, code in [
            (MENTOR, [("certifier", SITE)], 403, "certifier_is_the_person"),
            ("t", TRAINER, 403, "role_missing"),
            ("cem", [("certifier", "hillside")], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                answer = await client.post(at(enrolment, "/certificate"), json={"reason": "r"})
                refused(answer, status, code)
        refused(await grant(app, early), 409, "certification_not_ready")
        made = await grant(app, enrolment)
        assert made.status_code == 201
        refused(await grant(app, enrolment), 409, "already_certified")
        async with app.client(MENTOR) as me:
            shown = (await me.get(f"/v1/certificates/{made.json()['certificate']}")).json()
            assert (shown["status"], shown["history"][0]["decided_by"]) == ("valid", "cem")
            assert shown["history"][0]["reason"] == "All there."
            assert "All there." not in made.text
            assert (await me.get(at(enrolment))).json()["certificate"] == shown["certificate"]
        assert sorted(await said(app)) == [
            *["certificate.deadline.v1"] * 4,
            "certification.deadline.v1",
            "certification.granted.v1",
        ]


async def test_the_public_page(stack: Stack) -> None:
    """The page shows neither name nor site until the person says so; then escaped, as HTML or JSON, never kept."""
    enrolment, contact = ready(), Contact(id=MENTOR, site=SITE, name="Ana <b>Ruiz</b>")
    async with service(stack, enrolment, contact) as app, app.client() as public:
        made = (await grant(app, enrolment)).json()
        path = httpx.URL(made["verification_url"]).path
        facts = (await public.get(path, headers={"Accept": "application/json"})).json()
        assert set(facts) == {"status", "programme", "valid_from", "valid_until"}

        await choose(app, made, on=True, name=True, site=True)

        page = await public.get(path, headers={"Accept": "text/html,application/json;q=0.9"})
        facts = (await public.get(path, headers={"Accept": "application/json"})).json()
    assert page.headers["content-type"].startswith("text/html")
    assert "This certificate is valid." in page.text
    assert "Ana &lt;b&gt;Ruiz&lt;/b&gt;" in page.text
    assert MENTOR not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert (facts["name"], facts["site"]) == ("Ana <b>Ruiz</b>", SITE)


async def choose(app: Started, certificate: dict[str, Any], **page: bool) -> None:
    """The person decides what their public page shows."""
    async with app.client(MENTOR) as me:
        answer = await me.put(f"/v1/certificates/{certificate['certificate']}/public-page", json=page)
        assert answer.json()["public_page"] == page


def test_every_status_has_its_sentence() -> None:
    """The public page has a sentence of its own for every status a certificate can have."""
    assert STATUSES.keys() == set(CertificateStatus)
    assert len(set(STATUSES.values())) == len(CertificateStatus)


async def test_a_page_that_is_off(stack: Stack) -> None:
    """A page its holder has switched off answers word for word as an address that never was."""
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app, app.client() as public:
        made = (await grant(app, enrolment)).json()
        path = httpx.URL(made["verification_url"]).path
        await choose(app, made, on=False, name=True, site=True)

        for accept in ("text/html", "application/json"):
            off, never = [await public.get(at, headers={"Accept": accept}) for at in (path, f"{path}x")]
            assert (off.status_code, off.content) == (404, never.content)
            assert "check the address letter by letter" in off.text


async def test_whose_page_it_is(stack: Stack) -> None:
    """Nobody but the person decides what their page shows, not even a certifier of the site."""
    enrolment = ready()
    page = {"on": True, "name": True, "site": True}
    async with service(stack, enrolment, ANA) as app:
        made = (await grant(app, enrolment)).json()
        for person, grants, status, code in [
            ("cem", [("certifier", SITE)], 403, "role_missing"),
            ("cem", [("certifier", "hillside")], 404, "not_found"),
            ("somebody", [], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                answer = await client.put(f"/v1/certificates/{made['certificate']}/public-page", json=page)
                refused(answer, status, code)


async def test_the_name_on_a_certificate(stack: Stack) -> None:
    """The certificate bears the name the certifier saw; another name later doesn't change it."""
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app:
        async with app.client("cem", [("certifier", SITE)]) as certifier:
            seen = (await certifier.get(at(enrolment, "/readiness"))).json()["name"]
        made = (await grant(app, enrolment)).json()
        await store(app, Contact(id=MENTOR, site=SITE, name="Somebody Famous"))
        await choose(app, made, on=True, name=True, site=False)
        async with app.client() as public:
            path = httpx.URL(made["verification_url"]).path
            shown = (await public.get(path, headers={"Accept": "application/json"})).json()["name"]

    assert seen == made["name"] == shown == NAME


async def test_an_unknown_address(stack: Stack) -> None:
    """An address that isn't one answers 404 and tells nothing, whatever it looks like."""
    async with service(stack) as app, app.client() as public:
        pages = [await public.get(f"/verify/{token}") for token in (new_id(), "x", "%00", "a" * 500)]
        facts = await public.get("/verify/x", headers={"Accept": "application/json"})

    assert {(page.status_code, page.text) for page in pages} == {(404, pages[0].text)}
    refused(facts, 404, "not_found")


async def test_a_grant_on_an_old_version(stack: Stack) -> None:
    """Of two grants based on the same version, one is made."""
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app, app.client("cem", [("certifier", SITE)]) as certifier:
        tag = (await certifier.get(at(enrolment))).headers["etag"]
        codes = []
        for _ in range(2):
            answer = await certifier.post(
                at(enrolment, "/certificate"), json={"reason": "r"}, headers={"If-Match": tag}
            )
            codes.append(answer.status_code)

    assert codes == [201, 412]


async def test_certifiers_race(stack: Stack) -> None:
    """Of certifiers who grant at the very same time one succeeds, and their decision is the one that is kept."""
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app, AsyncExitStack() as clients:
        certifiers = [
            await clients.enter_async_context(app.client(f"cem-{number}", [("certifier", SITE)]))
            for number in range(6)
        ]
        path = at(enrolment, "/certificate")
        answers = await asyncio.gather(*(one.post(path, json={"reason": "r"}) for one in certifiers))
        rows = await app.database.find("certificates", {})
        told = await said(app)

    (number,) = [number for number, answer in enumerate(answers) if answer.status_code == 201]
    for answer in answers[:number] + answers[number + 1 :]:
        refused(answer, 409, "already_certified")
    assert [row["history"]["entries"][0]["decided_by"] for row in rows] == [f"cem-{number}"]
    assert told.count("certification.granted.v1") == 1


async def test_another_site(stack: Stack) -> None:
    """To whoever works at another site neither enrolment nor certificate exists, whatever they try."""
    roles = ("trainer", "coordinator", "assessor", "certifier", "supervisor", "site_admin", "auditor")
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app:
        certificate = (await grant(app, enrolment)).json()["certificate"]
        async with app.client("stranger", [(role, "hillside") for role in roles]) as stranger:
            commands: list[tuple[str, Any]] = [
                ("/modules/communication/progress", {"percent": 1, "minutes": 1}),
                ("/modules/communication/completion", {"hours": 8}),
                ("/assessments/written/attempts", None),
                ("/assessments/written/attempts/1/answers", {"answers": {}}),
                ("/assessments/practical/result", {"scores": scores()}),
                ("/assessments/written/allowance", {"reason": "r"}),
                ("/attestations", {"code": "code_of_ethics", "version": "1"}),
                ("/pause", None),
                ("/resume", None),
                ("/certificate", {"reason": "r"}),
            ]
            for path, body in commands:
                refused(await stranger.post(at(enrolment, path), json=body), 404, "not_found")
            for path in (at(enrolment), f"/v1/certificates/{certificate}"):
                refused(await stranger.get(path), 404, "not_found")
        for person, grants, status in [
            (MENTOR, [], 200),
            ("a", [("auditor", SITE)], 200),
            ("i", [("interviewer", SITE)], 403),
            ("somebody", [], 404),
        ]:
            async with app.client(person, grants) as client:
                answer = await client.get(f"/v1/certificates/{certificate}")
                assert answer.status_code == status, person


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/modules/communication/progress", {"percent": 101, "minutes": 1}),
        ("/modules/communication/progress", {"percent": 1, "minutes": 1, "more": 1}),
        ("/assessments/written/attempts/0/answers", {"answers": {}}),
        ("/attestations", {"code": "Not A Code", "version": "1"}),
        ("/certificate", {"reason": "All there.", "show_name": True}),
    ],
)
async def test_requests_that_do_not_fit(stack: Stack, path: str, body: dict[str, Any]) -> None:
    """A body beyond its limits is refused before anything is decided."""
    enrolment = opened()
    async with service(stack, enrolment) as app, app.client(MENTOR) as me:
        refused(await me.post(at(enrolment, path), json=body), 422, "invalid_request")
