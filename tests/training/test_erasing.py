"""What training forgets of a person who is erased, and what it keeps."""

from datetime import timedelta

from services.training.domain.certificate import Certificate, certificate_id
from services.training.domain.choices import Choices
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.erasing import ToForget
from services.training.domain.help import HelpRequest, HelpTopic
from services.training.domain.joining import join
from services.training.domain.support import Need, Support
from services.training.service import SERVICE
from shared.clock import utc_now
from shared.contracts.recruitment import ErasureReason, PersonErased
from shared.contracts.topics import CONTACTS
from shared.domain.aggregate import Aggregate
from shared.ids import new_id
from shared.storage.crypt import key_id
from shared.storage.unit_of_work import KEYS
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import CORE, MENTOR, NAME, SITE, granted, opened, ready
from tests.training.cohorts import cohort, session
from tests.training.test_api import at, refused, store
from tests.training.test_cohort_reactions import places
from tests.training.test_cohorts import soon
from tests.training.test_reactions import contact, hears
from tests.training.test_sealed import stored
from tests.training.written import SECRET, written

PAT = [("trainer", SITE), ("certifier", SITE), ("coordinator", SITE)]


async def erase(app: Started, *erased: str) -> None:
    """Recruitment says that these people are erased; returns when nothing is left to do."""
    for person in erased:
        event = PersonErased(site=SITE, person=person, erased_by="pat", reason=ErasureReason.ASKED_FOR)
        await hears(app, event, subject=person)

    async def done() -> bool:
        return await app.database.count(ToForget.collection, {}) == 0

    await app.until(done)


async def test_a_certificate_loses_its_name_and_stays(stack: Stack) -> None:
    """The name and the public page go, what was granted when stays, and the person's key is destroyed."""
    person = f"robin-{new_id()}"
    certificate = granted(ready(person=person))
    async with started(SERVICE, stack) as app:
        await store(app, certificate)
        await erase(app, person)
        row = await app.database.get("certificates", certificate.id)
        kept = Certificate.rebuild(row or {})
        assert (kept.name, kept.public_page.on) == ("—", False)
        changed = {"name", "public_page", "version", "last_event"}
        assert kept.model_dump(exclude=changed) == certificate.model_dump(exclude=changed)
        assert "destroyed" in (await app.database.get(KEYS, key_id(person)) or {})


async def test_nothing_names_or_describes_the_person_any_more(stack: Stack) -> None:
    """No collection holds a name or a word, whatever the programmes: one of a site's is found as one that ships."""
    it = written()
    own = "riverside-core"
    another = enrolment_id(MENTOR, own)
    elsewhere = it.certificate.model_copy(
        update={
            "id": certificate_id(another), "enrolment": another, "programme": own, "token": "another-token",
        }
    )  # fmt: skip
    mia = granted(ready(person="mia")).model_copy(update={"name": "Mia Else", "token": "mias-token"})
    async with started(SERVICE, stack) as app:
        for aggregate in (*it.all, elsewhere, mia):
            await store(app, aggregate)
        await app.database.delete("outbox", {})
        assert NAME.encode() in await stored(app)
        await erase(app, MENTOR)
        left = await stored(app)
        assert (NAME.encode() in left, SECRET.encode() in left) == (False, False)
        assert b"Mia Else" in left
        async with app.client("pat", PAT) as pat:
            shown = (await pat.get(f"/v1/certificates/{it.certificate.id}")).json()
            assert (shown["name"], shown["history"][0]["kind"]) == ("—", "granted")
            assert [entry["reason"] for entry in shown["history"]] == [None] * 4
            assert (await pat.get("/verify/another-token")).status_code == 404


async def test_an_open_training_rests_for_good(stack: Stack) -> None:
    """It leaves every queue and its places, support and choices are deleted, and nobody takes it up again."""
    ana, ben, cora = (new_id() for _ in range(3))
    it = cohort(session(starts=soon()), capacity=1, now=utc_now())
    enrolments = {person: opened(person=person) for person in (ana, ben)}
    for enrolment in enrolments.values():
        join(enrolment, it, programme=CORE, now=utc_now())
    mine = enrolments[ana]
    asked, answered = (_help(mine, f"help-{new_id()}") for _ in range(2))
    answered.answer("On Thursday.", by="tom", now=utc_now())
    support = Support.of(mine.id, person=ana, site=SITE)
    support.state((Need.STEP_FREE_ACCESS,), language="es")
    choices = Choices.of(mine.id, person=ana, site=SITE)
    complete, name = ready(person=cora), Contact(id=cora, site=SITE, name=NAME)
    async with started(SERVICE, stack) as app:
        for aggregate in (it, *enrolments.values(), asked, answered, support, choices, complete, name):
            await _left(app, aggregate)
        assert await places(app, it) == ([ana], [ben])
        await erase(app, ana, cora)

        async def ben_has_the_place() -> bool:
            return await places(app, it) == ([ben], [])

        await app.until(ben_has_the_place)
        rests = Enrolment.rebuild(await app.database.get("enrolments", mine.id) or {})
        assert (rests.erased is None, rests.paused_since, rests.bookings) == (False, rests.erased, {})
        for id, state in ((asked.id, "taken_back"), (answered.id, "answered")):
            row = await app.database.get(HelpRequest.collection, id) or {}
            assert (row["state"], row["topic"]) == (state, "something_else")
        assert await app.database.count(Support.collection, {}) == 0
        assert await app.database.count(Choices.collection, {}) == 0
        async with app.client("pat", PAT) as pat, app.client(ana) as themself:
            for queue in ("/v1/help", f"/v1/enrolments?site={SITE}&ready=true"):
                assert (await pat.get(queue)).json()["items"] == []
            assert (await pat.get(at(mine))).json()["erased"]
            needs, help = {"needs": ["extra_time"]}, {"topic": "pace"}
            for answer in (
                await pat.post(at(complete, "/certificate"), json={"reason": "All there."}),
                await pat.post(at(mine, "/resume")),
                await pat.post(at(mine, "/adaptations/extra-time"), json={"factor": 2}),
                await themself.put(at(mine, "/adaptations"), json=needs),
                await themself.post(at(mine, "/help"), json=help),
                await themself.post(
                    at(mine, "/modules/mental_health_recovery/parts/your_story/alternative"),
                    json={"chosen": True},
                ),
            ):
                refused(answer, 409, "person_erased")


async def test_a_tombstone_takes_the_name_that_certificates_are_granted_to(stack: Stack) -> None:
    """Once the person is off the contacts topic, training knows no name of theirs."""
    person = f"robin-{new_id()}"
    async with started(SERVICE, stack) as app:
        await hears(app, contact(person, "Robin"), subject=person)
        assert await app.database.get(Contact.collection, person) is not None
        await app.publish_raw(CONTACTS.name, key=person.encode(), value=None, headers=[])

        async def forgotten() -> bool:
            return await app.database.get(Contact.collection, person) is None

        await app.until(forgotten)


def _help(enrolment: Enrolment, id: str) -> HelpRequest:
    about = {"site": SITE, "person": enrolment.person, "programme": "core", "enrolment": enrolment.id}
    now = utc_now() - timedelta(days=1)
    return HelpRequest.ask(id=id, about=about, topic=HelpTopic.HOW_I_AM, question="", now=now)


async def _left(app: Started, aggregate: Aggregate) -> None:
    aggregate.take_raised()
    await store(app, aggregate)
