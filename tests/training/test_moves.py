"""Moving people to another version, and documents, over HTTP."""

from typing import Any

from services.training.domain.enrolment import Enrolment
from services.training.domain.reading import programme_of
from services.training.domain.site_programme import CATALOGUE, Catalogue, SiteProgramme
from shared.clock import utc_now
from tests.support.running import Started
from tests.support.stack import Stack
from tests.training.builders import CORE, MENTOR, OPENED, PROGRAMMES, SITE, opened, screened
from tests.training.test_api import TRAINER, at, refused, said, service, store

CODE = "riverside-core"


def two_versions() -> SiteProgramme:
    """A programme of the site in two versions, the second with 80 hours of work."""
    found = SiteProgramme.copied(CODE, site=SITE, source=CORE, by="ada", now=OPENED)
    found.publish(OPENED, by="ada", reason="r", now=OPENED)
    data: dict[str, Any] = CORE.model_dump(mode="json")
    data["certification"]["supervised_hours"]["value"] = 80
    found.edit(programme_of(data, file="second"), by="ada", now=OPENED)
    found.publish(utc_now(), by="ada", reason="r", now=OPENED)
    return found


OWN = two_versions()
ONE = OWN.programme(OWN.versions[0])


def trains(person: str, site: str = SITE) -> Enrolment:
    return Enrolment.open(screened(person=person, site=site, programme=CODE), programme=ONE, now=OPENED)


async def stored(app: Started) -> None:
    """The site's programme, published."""
    catalogue = Catalogue()
    catalogue.note(OWN)
    await store(app, OWN)
    await store(app, catalogue)
    assert await app.database.get("catalogues", CATALOGUE)


async def test_one_person_moves(stack: Stack) -> None:
    """The person and staff see what a move would change; a trainer makes it, with a reason that is not told on."""
    ana = trains(MENTOR)
    async with service(stack, ana) as app, app.client("t", TRAINER) as trainer:
        await stored(app)
        async with app.client(MENTOR) as me:
            preview = (await me.get(at(ana, "/move?version=2"))).json()
            refused(await me.post(at(ana, "/move"), json={"version": 2, "reason": "r"}), 404, "not_found")
            refused(await me.get(at(ana, "/move?version=9")), 404, "programme_unknown")
        changed = [line for line in preview["requirements"] if line["before"] != line["after"]]
        assert [line["after"] for line in changed] == ["0 of 80 supervised hours approved."]
        for person, grants, status, code in [
            ("hil", [("trainer", "hillside")], 404, "not_found"),
            ("cem", [("certifier", SITE)], 403, "role_missing"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(at(ana, "/move"), json={"version": 2, "reason": "r"}), status, code)
        refused(await trainer.post(at(ana, "/move"), json={"version": 1, "reason": "r"}), 409, "version_kept")

        moved = await trainer.post(at(ana, "/move"), json={"version": 2, "reason": "Ana asked for it."})

        assert moved.json()["programme_version"] == 2
        assert "Ana asked" not in moved.text
        assert (await trainer.get(at(ana))).json()["moves"][0]["reason"] == "Ana asked for it."
        assert (await said(app))[-1] == "enrolment.moved.v1"


async def test_several_people_move(stack: Stack) -> None:
    """Of several people everybody who can be moved is; of each other it is said why not, and of strangers nothing."""
    ana, ben, far = trains("ana"), trains("ben"), trains("far", site="hillside")
    ben.move(OWN.programme(OWN.versions[1]), by="tom", reason="r", now=utc_now())
    core = opened(person="cora")
    async with service(stack, ana, ben, far, core) as app:
        await stored(app)
        body = {"programme": CODE, "version": 2, "reason": "All agreed."}
        path = f"/v1/sites/{SITE}/moves"
        async with app.client("cleo", [("coordinator", SITE)]) as coordinator:
            ids = [ana.id, ben.id, far.id, core.id, "nobody", ana.id]
            report = (await coordinator.post(path, json={**body, "enrolments": ids})).json()
            refused(await coordinator.post(path, json={**body, "enrolments": [far.id]}), 404, "not_found")
            refused(
                await coordinator.post(path, json={**body, "enrolments": ids, "version": 9}),
                404,
                "programme_unknown",
            )
        async with app.client("hil", [("coordinator", "hillside")]) as other:
            refused(await other.post(path, json={**body, "enrolments": [ana.id]}), 404, "not_found")
        row = await app.database.get("enrolments", ana.id)

    assert report["moved"] == 1
    assert [(one["enrolment"], one["code"]) for one in report["results"]] == [
        (ana.id, None),
        (ben.id, "version_kept"),
        (far.id, "not_found"),
        (core.id, "not_found"),
        ("nobody", "not_found"),
    ]
    assert row
    assert row["programme_version"] == 2


async def test_documents(stack: Stack) -> None:
    """The person submits a document, a trainer or certifier of the site decides; others read nothing of it."""
    programme = PROGRAMMES.version("pennsylvania-cps", 1)
    ana = Enrolment.open(screened(programme=programme.code), programme=programme, now=OPENED)
    path = at(ana, "/documents")
    body = {"code": "work_or_studies", "way": "work", "reference": "A letter of the bakery."}
    async with (
        service(stack, ana) as app,
        app.client(MENTOR) as me,
        app.client("t", TRAINER) as trainer,
        app.client("cem", [("certifier", SITE)]) as certifier,
    ):
        refused(await trainer.post(path, json=body), 403, "role_missing")
        refused(await me.post(path, json={**body, "way": "luck"}), 422, "document_way_unknown")
        sent = await me.post(path, json=body)
        assert (sent.status_code, "bakery" in sent.text) == (201, False)
        for person, grants, status in [
            ("cleo", [("coordinator", SITE)], 403),
            ("hil", [("trainer", "hillside")], 404),
        ]:
            async with app.client(person, grants) as client:
                assert (await client.get(path)).status_code == status
                assert (await client.post(f"{path}/1/acceptance")).status_code == status
                assert (await client.post(f"{path}/1/return", json={"reason": "r"})).status_code == status
        assert "bakery" in (await trainer.get(path)).text
        assert (await trainer.post(f"{path}/1/return", json={"reason": "No date on it."})).status_code == 200
        assert (await me.get(path)).json()["documents"][0]["reason"] == "No date on it."
        await me.post(path, json=body)
        assert (await certifier.post(f"{path}/2/acceptance")).json()["documents"][1]["state"] == "accepted"
        refused(await trainer.post(f"{path}/2/acceptance"), 409, "document_decided")
        lines = (await me.get(at(ana, "/readiness"))).json()["requirements"]
        assert [line["met"] for line in lines if line["code"] == "document.work_or_studies"] == [True]
