"""The load: people at many sites live through their whole story, several at once, site after site."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx

from deploy.local.cast import CASELOAD_LIMIT, Cast, cast_of, register
from deploy.local.people import Profile, StoryBroken, Town
from deploy.local.story import WORKDAYS, Story
from tests.chaos.asking import ABOUT
from tests.chaos.history import Record

PAUSE_S = (0.02, 0.3)
"""Between two acts of one story: steady, and two cores hold it."""


async def acts(story: Story) -> AsyncIterator[str]:
    """Everything that happens to somebody; a story may be left at each act."""
    cast = story.cast
    await story.apply()
    yield "applies"
    await story.clear_checks()
    yield "checks are cleared"
    await story.set_interview()
    yield "is invited"
    for interviewer in (cast.interviewer, cast.other_interviewer):
        await story.score(interviewer)
        yield f"is scored by {interviewer.id}"
    await story.accept()
    yield "is accepted"
    await story.be_enrolled()
    yield "is enrolled"
    await _reads_inbox(story)
    programme = await story.programme()
    for module in programme["modules"]:
        await story.complete_module(module)
        yield f"completes {module['code']}"
    await story.pass_written()
    yield "passes the written assessment"
    await story.pass_practical(programme)
    yield "passes the practical assessment"
    await story.attest()
    await story.be_placed()
    yield "is placed"
    await story.assign_supervisor()
    yield "has a supervisor"
    await story.log_session()
    yield "meets the supervisor"
    for day in range(1, WORKDAYS + 1):
        await story.approve_hours(await story.report_hours(day))
        yield f"works a day ({day})"
    await story.review()
    await story.be_ready()
    yield "is ready"
    await story.show_name(await story.grant())
    await _reads_inbox(story)
    yield "is certified"


async def _reads_inbox(story: Story) -> None:
    """The mentor reads whatever they were told by now."""
    me = await story.me()
    for message in await me.items("notifications", "/v1/inbox", limit=100):
        if message["read_at"] is None:
            path = f"/v1/inbox/{message['id']}/read"
            await me.post("notifications", path, key=story.key(f"read-{message['id']}"))


class Load:
    """So many sites are busy at once, each with so many people at once; where a site is full, another opens."""

    def __init__(
        self, town: Town, history: Record, *, seed: int, sites: int, people: int, enough: Callable[[], bool]
    ) -> None:
        self._town = town
        self._history = history
        self._seed = seed
        self._sites = sites
        self._people = people
        self._enough = enough
        self._next = 0
        self.begun = 0
        self.finished = 0

    async def run(self) -> None:
        """Until it is enough: then each story ends with the act it is in."""
        await asyncio.gather(*(self._site_after_site() for _ in range(self._sites)))

    async def _site_after_site(self) -> None:
        while not self._enough():
            self._next += 1
            await self._site(f"site-{self._next}")

    async def _site(self, site: str) -> None:
        ABOUT.set((f"staff of {site}", site))
        cast = cast_of(site)
        try:
            await register(self._town, cast)
        except (StoryBroken, httpx.HTTPError) as problem:
            self._history.note("broken", person=f"staff of {site}", site=site, problem=repr(problem))
            return
        waiting = [f"{site}-mentor-{number}" for number in range(1, CASELOAD_LIMIT + 1)]

        async def one_after_the_other() -> None:
            while waiting and not self._enough():
                await self._live(waiting.pop(0), cast)

        await asyncio.gather(*(one_after_the_other() for _ in range(self._people)))

    async def _live(self, person: str, cast: Cast) -> None:
        ABOUT.set((person, cast.site))
        draw = random.Random(f"{self._seed} {person}")
        profile = Profile(name=person.replace("-", " ").title(), site=cast.site, id=person)
        story = Story(self._town, cast, profile, key=person, began=datetime.now(UTC))
        self.begun += 1
        self._history.note("begins", person=person, site=cast.site)
        try:
            async for act in acts(story):
                self._history.note("act", person=person, site=cast.site, act=act)
                if self._enough():
                    self._history.note("left", person=person, site=cast.site, act=act)
                    return
                await asyncio.sleep(draw.uniform(*PAUSE_S))
        except (StoryBroken, httpx.HTTPError) as problem:
            self._history.note("broken", person=person, site=cast.site, problem=repr(problem))
        else:
            self.finished += 1
            self._history.note("finished", person=person, site=cast.site)
