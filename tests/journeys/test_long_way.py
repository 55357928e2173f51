"""One person's way with everything that happens on it: years of it, over real servers, through three services."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.local.cast import Cast, cast_of, register
from deploy.local.people import Answer, Profile, until
from deploy.local.story import PROGRAMME, WORKDAYS, Story
from services.recruitment.service import SERVICE as RECRUITMENT
from services.supervision.service import SERVICE as SUPERVISION
from services.training.service import SERVICE as TRAINING
from shared.contracts.topics import RECRUITMENT as RECRUITMENTS_TOPIC
from shared.contracts.topics import TRAINING as TRAININGS_TOPIC
from shared.ids import new_id
from tests.journeys.town import SmallTown, town_of
from tests.support.stack import Stack


@pytest.mark.timeout(240)
async def test_deferred_moved_paused_failed_certified_suspended_reinstated_renewed(stack: Stack) -> None:
    """Nothing that happens on the way is held against the person, and each day has its answer ever after."""
    async with town_of(stack, RECRUITMENT, TRAINING, SUPERVISION) as town:
        # Sites of their own: other tests' events may still be on the topics.
        here, there = cast_of(f"leeds-{new_id()[-8:]}"), cast_of(f"york-{new_id()[-8:]}")
        for cast in (here, there):
            await register(town, cast)
        story = await accepted_at_another_site(town, here, there)
        await learns_with_a_pause_and_a_second_attempt(story)
        granted = await works_and_is_certified(story)
        suspended = await is_suspended_and_reinstated(story, town, granted)
        renewed = await renews(story, town, granted)
        await each_day_has_its_answer(story, granted, suspended, renewed)
        assert await told(town, "recruitment", RECRUITMENTS_TOPIC.name, story) == [
            "candidate.applied", "candidate.screened", "candidate.deferral_ended", "candidate.moved_away",
            "candidate.moved", "candidate.interview_scheduled", "candidate.screened",
        ]  # fmt: skip
        of_training = await told(town, "training", TRAININGS_TOPIC.name, story)
        assert [name for name in of_training if name != "module.completed"] == [
            "enrolment.opened", "enrolment.paused", "enrolment.resumed", "assessment.failed",
            "assessment.passed", "assessment.passed", "training.completed", "certification.ready",
            "certification.granted", "certification.suspended", "certification.reinstated",
            "education.approved", "education.approved", "certification.renewal_ready", "certification.renewed",
        ]  # fmt: skip


async def accepted_at_another_site(town: SmallTown, here: Cast, there: Cast) -> Story:
    """Applies here, is deferred with somebody to turn to, comes back early, moves there and is accepted."""
    robin = Profile(name="Robin Longway", site=here.site, id=new_id())
    first = Story(town, here, robin, key=new_id(), began=town.clock())
    await first.apply()
    coordinator, me = await town.as_(here.coordinator), await first.me()
    until_when = town.clock() + timedelta(days=60)
    deferral = {
        "outcome": "deferred",
        "reason": "A little more time first, as we agreed.",
        "deferred_until": until_when.isoformat(),
        "support_contacts": ["The peer line, 0113 496 0000"],
    }
    await coordinator.post("recruitment", first.decision, deferral, key=new_id())
    town.clock.go_by(days=30)
    candidate = f"/v1/candidates/{first.candidate}"
    back = await me.post("recruitment", f"{candidate}/return", key=new_id())
    assert back["stage"] == "applied"
    moved = await me.post("recruitment", f"{candidate}/move", {"site": there.site}, key=new_id())
    assert moved["site"] == there.site
    gone = await coordinator.ask("GET", "recruitment", candidate)
    assert gone.status_code == 404
    story = Story(
        town,
        there,
        Profile(name=robin.name, site=there.site, id=robin.id),
        key=new_id(),
        began=town.clock(),
    )
    story.candidate = first.candidate
    await story.clear_checks()
    await story.set_interview()
    for interviewer in (there.interviewer, there.other_interviewer):
        await story.score(interviewer)
    await story.accept()
    await story.be_enrolled()
    return story


async def learns_with_a_pause_and_a_second_attempt(story: Story) -> None:
    """Pauses and goes on, completes every module, fails once and passes, and shows the practical part."""
    me, rules = await story.me(), await story.programme()
    await story.complete_module(rules["modules"][0])
    path = f"/v1/enrolments/{story.enrolment}"
    await me.post("training", f"{path}/pause", key=new_id())
    paused = await me.ask(
        "POST", "training", f"{path}/modules/communication/progress", body={"percent": 10, "minutes": 5}
    )
    assert paused.json()["code"] == "enrolment_paused"
    await me.post("training", f"{path}/resume", key=new_id())
    for module in rules["modules"][1:]:
        await story.complete_module(module)
    attempts = f"{path}/assessments/written/attempts"
    begun = await me.post("training", attempts, key=new_id())
    failed = await me.post(
        "training", f"{attempts}/{begun['attempt']}/answers", {"answers": {}}, key=new_id()
    )
    assert (failed["passed"], failed["attempts_left"]) == (False, 2)
    assert (await story.pass_written())["passed"]
    await story.pass_practical(rules)
    await story.attest()
    await story.be_placed()


async def works_and_is_certified(story: Story) -> Answer:
    """The supervised work is done and signed; a certifier grants."""
    await story.assign_supervisor()
    await story.log_session()
    for day in range(1, WORKDAYS + 1):
        await story.approve_hours(await story.report_hours(day))
    await story.review()
    await story.be_ready()
    return await story.grant()


async def is_suspended_and_reinstated(story: Story, town: SmallTown, granted: Answer) -> Any:
    """The site suspends it for eleven days; on those the person was not certified. Returns the first of them."""
    certificate = f"/v1/certificates/{granted['certificate']}"
    town.clock.go_by(days=40)
    began = town.clock().date()
    admin, certifier = await town.as_(story.cast.admin), await town.as_(story.cast.certifier)
    reason = {"reason": "A concern is looked into."}
    assert (await admin.post("training", f"{certificate}/suspension", reason, key=new_id()))[
        "status"
    ] == "suspended"
    town.clock.go_by(days=11)
    reason = {"reason": "Nothing was found."}
    back = await certifier.post("training", f"{certificate}/reinstatement", reason, key=new_id())
    assert back["status"] == "valid"
    return began


async def renews(story: Story, town: SmallTown, granted: Answer) -> Answer:
    """Shortly before the end: courses, the statement again, the check again, and a decision."""
    certificate, path = f"/v1/certificates/{granted['certificate']}", f"/v1/enrolments/{story.enrolment}"
    town.clock.go_by(days=630)
    me, trainer = await story.me(), await town.as_(story.cast.trainer)
    coordinator, certifier = await town.as_(story.cast.coordinator), await town.as_(story.cast.certifier)
    for bucket, hours in (("ethics", 3), ("other", 17)):
        course = {
            "title": "A course", "provider": "county", "day": town.clock().date().isoformat(),
            "hours": hours, "bucket": bucket,
        }  # fmt: skip
        made = await me.post("training", f"{path}/education", course, key=new_id())
        entry = made["items"][-1]["education"]
        await trainer.post("training", f"{path}/education/{entry}/approval", key=new_id())
    await me.post(
        "training", f"{path}/attestations", {"code": "code_of_ethics", "version": "1"}, key=new_id()
    )
    lacking = await certifier.ask(
        "POST", "training", f"{certificate}/renewal", body={"reason": "r"}, key=new_id()
    )
    assert lacking.json()["code"] == "renewal_not_ready"
    assert "to be cleared again" in lacking.json()["detail"]
    check = {"check": "background_check", "result": "cleared"}
    await coordinator.post("recruitment", f"/v1/candidates/{story.candidate}/checks", check, key=new_id())

    async def ready() -> Answer | None:
        found = await certifier.get("training", f"{certificate}/renewal")
        return found if found["complete"] else None

    await until("the renewal is ready", ready, within_s=town.patience_s)
    reason = {"reason": "Everything is there again."}
    return await certifier.post("training", f"{certificate}/renewal", reason, key=new_id())


async def each_day_has_its_answer(story: Story, granted: Answer, suspended: Any, renewed: Answer) -> None:
    """Was this person certified on that day? The renewal changed none of the answers."""
    certifier = await story.town.as_(story.cast.certifier)
    first_end = granted["valid_until"][:10]
    days = {
        str(suspended - timedelta(days=1)): (["valid"], True),
        str(suspended): (["valid", "suspended"], False),
        str(suspended + timedelta(days=5)): (["suspended"], False),
        str(suspended + timedelta(days=12)): (["valid"], True),
        first_end: (["valid"], True),
        renewed["valid_until"][:10]: (["expired"], False),
    }
    for day, expected in days.items():
        [told] = await certifier_says(certifier, story, day)
        assert (told["statuses"], told["certified"]) == expected, day


async def certifier_says(certifier: Any, story: Story, day: str) -> list[Answer]:
    """What is answered about one day."""
    answer = await certifier.ask(
        "GET",
        "training",
        f"/v1/people/{story.mentor.id}/certified",
        query={"on": day, "programme": PROGRAMME},
    )
    found: list[Answer] = answer.json()
    return found


async def told(town: SmallTown, service: str, topic: str, story: Story) -> list[str]:
    """Types of a service's events about the person, in order, without checks and its own timers."""
    events = [
        one for one in await town.apps[service].events(topic) if one.key == story.mentor.id and one.envelope
    ]
    names = [one.envelope.type.split(".", 2)[2].removesuffix(".v1") for one in events if one.envelope]
    return [
        name for name in names if name != "candidate.checked" and not name.endswith(("deadline", "reminder"))
    ]
