"""The whole story once, on a platform of its own: told step by step, with everything that must not happen.

An applicant applies, is interviewed, accepted, trained, supervised and certified;
every step tells the right people, once; and an outside system hears the same story in the same order.
"""

import asyncio
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from deploy.local import forbidden
from deploy.local.cast import cast_of, register
from deploy.local.narrator import BY_MAIL, INBOX_ONLY, Narrator
from deploy.local.people import Answer, Profile, StoryBroken, Town, visiting
from deploy.local.platform import Platform, PlatformPorts, PlatformUrls
from deploy.local.say import Say
from deploy.local.settings import GivenServers
from deploy.local.settled import nothing_is_under_way
from deploy.local.story import WORKDAYS, Story
from deploy.local.witness import Witness, listening, must_be_the_story

CAST = cast_of("riverside")
OTHERS = cast_of("hillside")
MENTOR = Profile(name="Marta Mentor", site="riverside", language="es")


async def travel(*, given: GivenServers, say: Say) -> None:
    """Starts a platform in a folder of its own, tells the story and leaves nothing.

    A story that goes wrong leaves the folder with its logs, and says where. Raises StackError.
    """
    folder = Path(tempfile.mkdtemp(prefix="peerpath-journey-"))
    try:
        await _travel(folder, given=given, say=say)
    except asyncio.CancelledError:
        shutil.rmtree(folder)
        raise
    except BaseException:
        say(f"journey: the logs are kept in {folder}; delete it when you have read them")
        raise
    shutil.rmtree(folder)


async def _travel(folder: Path, *, given: GivenServers, say: Say) -> None:
    began = time.monotonic()
    async with Platform(data=folder, ports=PlatformPorts.free(), given=given, say=say) as platform:
        ready = time.monotonic()
        await _tell(platform.urls)
        told = time.monotonic()
    print(
        f"The platform was ready after {ready - began:.1f} s, the journey took {told - ready:.1f} s "
        f"and stopping {time.monotonic() - told:.1f} s. Nothing is left behind.",
        flush=True,
    )


async def _tell(urls: PlatformUrls) -> None:
    async with visiting(urls, now=datetime.now(UTC)) as town, listening(urls.stack.kafka) as witness:
        story = Story(town, CAST, MENTOR, key="journey", began=town.now)
        narrator = Narrator(town, witness, mentor=MENTOR)
        await narrator.step("The admins of both sites enter their staff", _register_both(town))
        await _recruited(story, narrator)
        programme = await _trained(story, narrator)
        await forbidden.grant_too_early(narrator, story, OTHERS)
        await _supervised(story, narrator)
        await _certified(story, narrator, programme)
        await forbidden.look_from_another_site(narrator, story, OTHERS)
        await _heard_and_told_once(story, narrator, witness)


async def _register_both(town: Town) -> None:
    await register(town, CAST)
    await register(town, OTHERS)


async def _recruited(story: Story, narrator: Narrator) -> None:
    cast = story.cast
    await narrator.step(f"{MENTOR.name} applies at {MENTOR.site}, without an account", story.apply())
    narrator.is_about(story.mentor)
    me = story.mentor
    await narrator.follows("recruitment.candidate.applied", (me, BY_MAIL), (cast.coordinator, BY_MAIL))
    noted = [("recruitment.candidate.checked", ())] * 6  # Requested, received and cleared, of two checks.
    await narrator.step("The coordinator notes references and background check", story.clear_checks(), *noted)
    panel = ((cast.interviewer, BY_MAIL), (cast.other_interviewer, BY_MAIL))
    await narrator.step(
        "The coordinator sets an interview with two interviewers",
        story.set_interview(),
        ("recruitment.candidate.interview_scheduled", ((me, BY_MAIL), *panel)),
    )
    await narrator.step(f"{cast.interviewer.name} scores nine criteria", story.score(cast.interviewer))
    await forbidden.see_the_others_scores(
        narrator, story, first=cast.interviewer, second=cast.other_interviewer
    )
    await forbidden.accept_too_early(narrator, story)
    await narrator.step(
        f"{cast.other_interviewer.name} scores; now both see both", story.score(cast.other_interviewer)
    )
    await forbidden.see_all_scores(story)
    await narrator.step(
        "The coordinator accepts, with a reason",
        story.accept(),
        ("recruitment.candidate.screened", [(me, BY_MAIL)]),
    )


async def _trained(story: Story, narrator: Narrator) -> Answer:
    me = (story.mentor, BY_MAIL)
    opened = ("training.enrolment.opened", [me])
    await narrator.step("Training opens the enrolment by itself", story.be_enrolled(), opened)
    programme = await story.programme()
    for module in programme["modules"]:
        what = f"{MENTOR.name} works through '{module['title']}', the trainer signs it"
        await narrator.step(what, story.complete_module(module), ("training.module.completed", ()))
    passed = ("training.assessment.passed", [me])
    await narrator.step(f"{MENTOR.name} passes the written assessment", story.pass_written(), passed)
    await narrator.step(
        "The assessor scores the practical assessment; with it the training is complete",
        story.pass_practical(programme),
        passed,
        ("training.training.completed", [me]),
    )
    await narrator.step(
        "Supervision opens the placement by itself",
        story.be_placed(),
        ("supervision.placement.opened", [(story.cast.coordinator, BY_MAIL)]),
    )
    await narrator.step(f"{MENTOR.name} signs the code of ethics", story.attest())
    return programme


async def _supervised(story: Story, narrator: Narrator) -> None:
    supervisor = story.cast.supervisor
    await narrator.step(
        "The coordinator assigns a supervisor",
        story.assign_supervisor(),
        ("supervision.supervisor.assigned", [(story.mentor, BY_MAIL), (supervisor, BY_MAIL)]),
    )
    logged = ("supervision.supervision.logged", ())
    await narrator.step("The supervisor writes down a session", story.log_session(), logged)
    for day in range(1, WORKDAYS + 1):
        entry = await narrator.step(
            f"{MENTOR.name} reports six hours ({day} of {WORKDAYS})",
            story.report_hours(day),
            ("supervision.hours.reported", [(supervisor, INBOX_ONLY)]),
        )
        if day == 1:
            await forbidden.sign_own_hours(narrator, story, entry)
        await narrator.step(
            "The supervisor signs them",
            story.approve_hours(entry),
            ("supervision.hours.approved", [(story.mentor, INBOX_ONLY)]),
        )


async def _certified(story: Story, narrator: Narrator, programme: Answer) -> None:
    cast, me = story.cast, story.mentor
    await narrator.step(
        "The supervisor reviews the work on the whole rubric",
        story.review(),
        ("supervision.performance.reviewed", [(me, BY_MAIL)]),
    )
    await narrator.step(
        "Training sees that every requirement has its evidence",
        story.be_ready(),
        ("training.certification.ready", [(cast.certifier, BY_MAIL)]),
    )
    certificate = await narrator.step(
        "The certifier grants the certificate, with a reason",
        story.grant(),
        ("training.certification.granted", [(me, BY_MAIL), (cast.supervisor, INBOX_ONLY)]),
    )
    await _verified(story, certificate, programme, name=None)
    await narrator.step(f"{MENTOR.name} shows their name on the public page", story.show_name(certificate))
    await narrator.step(
        f"Anybody verifies it at {certificate['verification_url'].rsplit('/', 1)[0]}/...",
        _verified(story, certificate, programme, name=story.mentor.name),
    )


async def _verified(story: Story, certificate: Answer, programme: Answer, *, name: str | None) -> None:
    http = story.town.http
    url = certificate["verification_url"]
    shown = (await http.get(url, headers={"Accept": "application/json"})).raise_for_status().json()
    found = (shown["status"], shown["programme"], shown.get("name"))
    if found != ("valid", programme["title"], name):
        raise StoryBroken(f"the public page shows {shown}")
    page = (await http.get(url, headers={"Accept": "text/html"})).raise_for_status().text
    if "This certificate is valid." not in page:
        raise StoryBroken("the public page does not say that the certificate is valid")
    if (await http.get(f"{url}x")).status_code != httpx.codes.NOT_FOUND:
        raise StoryBroken("an address next to the certificate's shows something")


async def _heard_and_told_once(story: Story, narrator: Narrator, witness: Witness) -> None:
    assert story.mentor.id is not None
    await nothing_is_under_way(story.town, witness, admins=(CAST.admin, OTHERS.admin))
    heard = witness.about(story.mentor.id)
    must_be_the_story(heard, narrator.expected)
    if len(heard) != len(witness.heard):
        raise StoryBroken("the outside consumer heard of somebody who is not in the story")
    narrator.line(f"The outside system heard {len(heard)} events, each once, in the order of the story")
    await narrator.nobody_was_told_more((story.mentor, *CAST, *OTHERS))
    narrator.line("Everybody was told what concerns them, once; nobody at the other site was told anything")
