"""What must not happen, tried by whoever would: every attempt has to be refused for the right reason."""

from deploy.local.cast import Cast
from deploy.local.narrator import Narrator
from deploy.local.people import Answer, Caller, Profile, StoryBroken
from deploy.local.story import Story


async def refuse(
    narrator: Narrator,
    what: str,
    caller: Caller,
    path: str,
    *,
    service: str,
    status: int,
    code: str,
    method: str = "POST",
    body: Answer | None = None,
) -> None:
    """Tries it, and raises StoryBroken unless it is refused with this status and code."""
    answer = await caller.ask(method, service, path, body=body)
    problem = answer.json() if answer.headers.get("content-type", "").endswith("json") else {}
    found = problem.get("code", "no code")
    if (answer.status_code, found) != (status, code):
        raise StoryBroken(
            f"{what} was answered with {answer.status_code} {found} where {status} {code} was expected: "
            f"{answer.text[:300]}"
        )
    narrator.refused(what, f"{status} {found}")


async def accept_too_early(narrator: Narrator, story: Story) -> None:
    """One scorecard is missing."""
    coordinator = await story.town.as_(story.cast.coordinator)
    what = "the coordinator accepts before both interviewers have scored"
    await refuse(
        narrator, what, coordinator, story.decision,
        service="recruitment", status=409, code="not_ready_to_accept", body=story.acceptance,
    )  # fmt: skip


async def see_the_others_scores(narrator: Narrator, story: Story, *, first: Profile, second: Profile) -> None:
    """Whoever has not scored yet sees nobody's scores, nor does the coordinator; the first sees their own."""
    for reader, cards in ((first, 1), (second, 0), (story.cast.coordinator, 0)):
        await _must_see_cards(story, reader, cards=cards)
    what = f"{second.name} or the coordinator reads {first.name}'s scores before all are in"
    narrator.refused(what, "they are hidden")


async def see_all_scores(story: Story) -> None:
    """Once all are in, the panel and the coordinator read them all."""
    for reader in (story.cast.interviewer, story.cast.other_interviewer, story.cast.coordinator):
        await _must_see_cards(story, reader, cards=2)


async def _must_see_cards(story: Story, reader: Profile, *, cards: int) -> None:
    shown = await (await story.town.as_(reader)).get("recruitment", story.scorecards)
    averages = bool(shown["means"])
    if len(shown["cards"]) != cards or averages != (cards == 2):
        raise StoryBroken(f"{reader.name} should see {cards} scorecards (averages only with both): {shown}")


async def grant_too_early(narrator: Narrator, story: Story, other: Cast) -> None:
    """Nobody is certified before the list is complete, and never by whoever may not."""
    town, cast = story.town, story.cast
    tries: tuple[tuple[str, Caller, int, str], ...] = (
        (
            "the certifier grants before readiness",
            await town.as_(cast.certifier),
            409,
            "certification_not_ready",
        ),
        ("somebody without a token grants", town.nobody(), 401, "token_missing"),
        ("the coordinator, no certifier, grants", await town.as_(cast.coordinator), 403, "role_missing"),
        ("the mentor grants their own", await story.me(), 403, "certifier_is_the_person"),
        (f"a certifier of {other.site} grants", await town.as_(other.certifier), 404, "not_found"),
    )
    for what, caller, status, code in tries:
        await refuse(
            narrator, what, caller, story.certificate,
            service="training", status=status, code=code, body=story.granting,
        )  # fmt: skip


async def sign_own_hours(narrator: Narrator, story: Story, entry: str) -> None:
    """Nobody signs their own, not even with a supervisor's role."""
    also_supervisor = Profile(
        name=story.mentor.name, site=story.mentor.site, duties=("mentor", "supervisor"), id=story.mentor.id
    )
    for what, caller in (
        ("the mentor signs their own hours", await story.me()),
        ("the same with a supervisor's role", await story.town.fresh(also_supervisor)),
    ):
        await refuse(
            narrator, what, caller, story.approval(entry),
            service="supervision", status=403, code="hours_not_own",
        )  # fmt: skip


async def look_from_another_site(narrator: Narrator, story: Story, other: Cast) -> None:
    """The other site's coordinator finds empty lists, and nothing at an address they were told."""
    own, stranger = await story.town.as_(story.cast.coordinator), await story.town.as_(other.coordinator)
    for service, path, one in (
        ("recruitment", "/v1/candidates", story.candidate),
        ("training", "/v1/enrolments", story.enrolment),
        ("supervision", "/v1/placements", story.placement),
    ):
        if await stranger.items(service, path):
            raise StoryBroken(f"{other.coordinator.name} of {other.site} sees something at {path}")
        for address in (f"{path}/{one}", f"{path}?site={story.cast.site}"):
            await own.get(service, address)  # it is there, for whoever may see it
            what = f"the coordinator of {other.site} opens {address.replace(one, '...')}"
            await refuse(
                narrator, what, stranger, address, service=service, status=404, code="not_found", method="GET"
            )
