"""Demo people at every stage of the story, made through the public API only.

A restart makes nobody twice: what is done is noted in `demo.json` beside the data, and an interrupted demo is
told again with the same Idempotency-Keys and the same bodies (the services remember keys for two days).
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from deploy.local.cast import Cast, cast_of, register
from deploy.local.errors import DataDamaged
from deploy.local.files import read_json, write_whole
from deploy.local.people import Profile, StoryBroken, Town, visiting
from deploy.local.platform import PlatformUrls
from deploy.local.say import Say
from deploy.local.story import WORKDAYS, Story

CASTS = {site: cast_of(site) for site in ("riverside", "hillside")}
_DAYS_SO_FAR = 3
_ANEW = "begin anew with make clean"


class Stage(StrEnum):
    """How far somebody in the demo has come, in the order of the story."""

    APPLIED = "has applied"
    SCORED_ONCE = "was interviewed; one of two scorecards is in"
    IN_TRAINING = "in training, two modules completed"
    WITHOUT_SUPERVISOR = "trained, waits for a supervisor"
    IN_PRACTICE = "in supervised practice; hours wait to be signed"
    READY = "ready for a certifier's decision"
    CERTIFIED = "certified"


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """A mentor and the stage they are left at."""

    profile: Profile
    stage: Stage


def _person(name: str, stage: Stage, *, site: str = "riverside", language: str = "en") -> DemoPerson:
    id = f"demo-{name.split(maxsplit=1)[0].lower()}"
    return DemoPerson(profile=Profile(name=name, site=site, id=id, language=language), stage=stage)


PEOPLE: Sequence[DemoPerson] = (
    _person("Abena Applied", Stage.APPLIED),
    _person("Isak Interviewed", Stage.SCORED_ONCE),
    _person("Lucia Learning", Stage.IN_TRAINING, language="es"),
    _person("Wanda Waiting", Stage.WITHOUT_SUPERVISOR),
    _person("Pavel Practising", Stage.IN_PRACTICE),
    _person("Rosa Ready", Stage.READY, language="es"),
    _person("Cem Certified", Stage.CERTIFIED),
    _person("Hana Hillside", Stage.APPLIED, site="hillside"),
)


@dataclass(kw_only=True)
class _Note:
    """What `demo.json` says: when the demo began and who is done."""

    file: Path
    began: datetime
    done: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path, *, now: datetime) -> "_Note":
        """The note of an earlier run, or that of a demo that begins now."""
        try:
            told = read_json(file, remedy=_ANEW)
            if told is None:
                return cls(file=file, began=now)
            return cls(file=file, began=datetime.fromisoformat(told["began"]), done=list(told["done"]))
        except (DataDamaged, KeyError, TypeError, ValueError):
            raise StoryBroken(f"{file} does not tell who is there already: {_ANEW}") from None

    async def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Does it unless it is done, and notes first when the demo began."""
        if name in self.done:
            return
        self._write()
        await work()
        self.done.append(name)
        self._write()

    def _write(self) -> None:
        write_whole(self.file, json.dumps({"began": self.began.isoformat(), "done": self.done}, indent=2))


async def populate(urls: PlatformUrls, *, data: Path, say: Say) -> str:
    """Makes whoever is not there yet and returns the public page of a certificate.

    Raises:
        StoryBroken: a service refuses.
    """
    note = _Note.read(data / "demo.json", now=datetime.now(UTC))
    async with visiting(urls, now=note.began) as town:
        for cast in CASTS.values():
            await note.once(f"staff of {cast.site}", partial(register, town, cast))
        for person in PEOPLE:
            await note.once(person.profile.name, partial(_make, town, person, note.began))
        page = await _certificate_page(town)
    say(f"demo: {len(PEOPLE)} people at {len(set(Stage))} stages, at {len(CASTS)} sites")
    return page


async def _certificate_page(town: Town) -> str:
    certified = next(person.profile for person in PEOPLE if person.stage is Stage.CERTIFIED)
    caller = await town.as_(certified)
    (enrolment,) = await caller.items("training", "/v1/me/enrolments")
    certificate = await caller.get("training", f"/v1/certificates/{enrolment['certificate']}")
    return str(certificate["verification_url"])


async def _make(town: Town, person: DemoPerson, began: datetime) -> None:
    cast = CASTS[person.profile.site]
    story = Story(town, cast, person.profile, key=str(person.profile.id), began=began)
    stages = list(Stage)
    try:
        for stage in stages[: stages.index(person.stage) + 1]:
            await _TO_GET_TO[stage](story, cast, person.stage is stage)
    except StoryBroken as problem:
        raise StoryBroken(f"demo person {person.profile.name}, to be '{person.stage}': {problem}") from None


async def _apply(story: Story, _cast: Cast, _last: bool) -> None:
    await story.apply()


async def _score_once(story: Story, cast: Cast, _last: bool) -> None:
    await story.clear_checks()
    await story.set_interview()
    await story.score(cast.interviewer)


async def _begin_training(story: Story, cast: Cast, _last: bool) -> None:
    await story.score(cast.other_interviewer)
    await story.accept()
    await story.be_enrolled()
    for module in (await story.programme())["modules"][:2]:
        await story.complete_module(module)


async def _complete_training(story: Story, _cast: Cast, _last: bool) -> None:
    programme = await story.programme()
    for module in programme["modules"][2:]:
        await story.complete_module(module)
    await story.pass_written()
    await story.pass_practical(programme)
    await story.attest()
    await story.be_placed()


async def _practise(story: Story, _cast: Cast, last: bool) -> None:
    """Whoever is left here has some days signed and the next one waiting."""
    await story.assign_supervisor()
    await story.log_session()
    for day in range(1, (_DAYS_SO_FAR if last else WORKDAYS) + 1):
        await story.approve_hours(await story.report_hours(day))
    if last:
        await story.report_hours(_DAYS_SO_FAR + 1)


async def _be_ready(story: Story, _cast: Cast, _last: bool) -> None:
    await story.review()
    await story.be_ready()


async def _be_certified(story: Story, _cast: Cast, _last: bool) -> None:
    await story.show_name(await story.grant())


_TO_GET_TO: dict[Stage, Callable[[Story, Cast, bool], Awaitable[None]]] = {
    Stage.APPLIED: _apply,
    Stage.SCORED_ONCE: _score_once,
    Stage.IN_TRAINING: _begin_training,
    Stage.WITHOUT_SUPERVISOR: _complete_training,
    Stage.IN_PRACTICE: _practise,
    Stage.READY: _be_ready,
    Stage.CERTIFIED: _be_certified,
}
"""What has to happen to come to a stage from the one before; the last argument says whether it ends there."""
