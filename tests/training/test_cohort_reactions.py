"""What a pause means for a place in a cohort, over real Kafka."""

from services.training.domain.cohort import Cohort
from services.training.domain.joining import join
from services.training.service import SERVICE
from shared.clock import utc_now
from shared.contracts.topics import TRAINING
from shared.ids import new_id
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import CORE, opened
from tests.training.cohorts import cohort, people, session
from tests.training.test_api import store
from tests.training.test_cohorts import at, soon


async def places(app: Started, it: Cohort) -> tuple[list[str], list[str]]:
    row = await app.database.get("cohorts", it.id)
    assert row
    found = Cohort.rebuild(row)
    return people(found.seats), people(found.waiting)


async def test_a_pause_frees_the_place_and_it_can_be_taken_up_again(stack: Stack) -> None:
    """Whoever pauses gives their place to the next, and asks for one again when they are ready."""
    ana, ben, cora = (new_id() for _ in range(3))
    it = cohort(session(starts=soon()), capacity=2, now=utc_now())
    it.take_raised()
    enrolments = {person: opened(person=person) for person in (ana, ben, cora)}
    for enrolment in enrolments.values():
        join(enrolment, it, programme=CORE, now=utc_now())
    it.take_raised()
    async with started(SERVICE, stack) as app:
        for stored in (it, *enrolments.values()):
            stored.take_raised()
            await store(app, stored)

        async def others_have_it() -> bool:
            return await places(app, it) == ([ben, cora], [])

        async with app.client(ana) as me:
            path = f"/v1/enrolments/{enrolments[ana].id}"
            assert (await me.post(f"{path}/pause")).status_code == 200
            await app.until(others_have_it)
            kindly = await me.post(at(it, "/join"))
            assert (kindly.status_code, kindly.json()["code"]) == (409, "enrolment_paused")
            await me.post(f"{path}/resume")
            again = (await me.post(at(it, "/join"))).json()

        async def everything_is_told() -> bool:
            return await app.database.count("outbox", {}) == 0

        await app.until(everything_is_told)
        arrivals = [one for one in await app.events(TRAINING.name) if one.key in enrolments]

    assert (again["your_place"], again["your_turn"]) == (False, 1)
    told = [
        (one.key, one.envelope.type.removeprefix("peerpath.training."))
        for one in arrivals
        if one.envelope and one.envelope.type.startswith("peerpath.training.")
    ]
    assert [type for key, type in told if key == ana] == [
        "enrolment.paused.v1",
        "enrolment.seat_returned.v1",
        "cohort.left.v1",
        "enrolment.resumed.v1",
        "cohort.waiting.v1",
    ]
    assert [type for key, type in told if key == cora] == ["cohort.place_given.v1"]
