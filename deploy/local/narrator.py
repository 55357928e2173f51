"""Tells the journey: one line per step with who did what, the event that followed and who was told of it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from deploy.local.people import Answer, Profile, StoryBroken, Town, until
from deploy.local.witness import Heard, Witness

T = TypeVar("T")

BY_MAIL = True
INBOX_ONLY = False
Told = tuple[Profile, bool]
"""Somebody who is told of an event, by mail as well or in the inbox only."""


class Narrator:
    """Waits for everything it tells, and remembers it: at the end nobody may have been told more."""

    def __init__(self, town: Town, witness: Witness, *, mentor: Profile) -> None:
        self._town = town
        self._witness = witness
        self._mentor = mentor
        self._steps = 0
        self._told: dict[str, Counter[str]] = {}
        self._mails: Counter[str] = Counter()
        self._heard: Counter[str] = Counter()
        self.expected: list[str] = []

    def is_about(self, mentor: Profile) -> None:
        """The mentor has an id now."""
        self._mentor = mentor

    def line(self, what: str) -> None:
        """A step that leads to no event."""
        self._steps += 1
        print(f"{self._steps:>3}  {what}", flush=True)

    def refused(self, what: str, answer: str) -> None:
        """Something that must not happen, and did not."""
        print(f"     not allowed: {what}: {answer}", flush=True)

    async def step(self, what: str, work: Awaitable[T], *consequences: tuple[str, Iterable[Told]]) -> T:
        """Does something, waits for each event that follows and for everybody who is told of it."""
        try:
            result = await work
        except StoryBroken as problem:
            raise StoryBroken(f"step {self._steps + 1} ({what}) failed: {problem}") from None
        self.line(what)
        for event, told in consequences:
            await self.follows(event, *told)
        return result

    async def follows(self, event: str, *told: Told) -> None:
        """An event is heard outside, and people are told of it."""
        heard = await self._witness.next(event, self._id, after=self._heard[event])
        self._heard[event] += 1
        self.expected.append(event)
        who = [await self._was_told(profile, heard, by_mail=by_mail) for profile, by_mail in told]
        print(f"       -> {event}; told: {', '.join(who) or 'nobody'}", flush=True)

    @property
    def _id(self) -> str:
        assert self._mentor.id is not None
        return self._mentor.id

    async def _was_told(self, profile: Profile, heard: Heard, *, by_mail: bool) -> str:
        assert profile.id is not None
        told = self._told.setdefault(profile.id, Counter())
        told[heard.envelope.type] += 1

        async def message() -> Answer | None:
            inbox = await self._inbox(profile)
            same = [one for one in inbox if one["event_type"] == heard.envelope.type]
            return same[0] if len(same) >= told[heard.envelope.type] else None

        await until(f"{profile.name} is told of {heard.name}", message)
        if not by_mail:
            return f"{profile.name} (inbox)"
        self._mails[profile.email] += 1
        subject = await until(
            f"{profile.name} gets a mail about {heard.name}", lambda: self._mailed(profile, message)
        )
        return f"{profile.name} (mail: {subject})"

    async def _inbox(self, profile: Profile) -> list[Answer]:
        caller = await self._town.as_(profile)
        return await caller.items("notifications", "/v1/inbox", limit=100)

    async def _mailed(self, profile: Profile, message: Callable[[], Awaitable[Answer | None]]) -> str | None:
        """The subject of the mail that says what the inbox says; its language may become known only now."""
        found, mails = await message(), await self._mails_to(profile)
        if found is None or len(mails) < self._mails[profile.email]:
            return None
        return next((mail["subject"] for mail in mails if mail["subject"] == found["subject"]), None)

    async def _mails_to(self, profile: Profile) -> list[Answer]:
        page = await self._town.http.get(f"{self._town.urls.stack.mail_page}/messages")
        mails: list[Answer] = page.raise_for_status().json()
        return [mail for mail in mails if profile.email in mail["recipients"]]

    async def nobody_was_told_more(self, people: Iterable[Profile]) -> None:
        """Every inbox and every mailbox holds what was told above, once, and nothing else."""
        for profile in people:
            assert profile.id is not None
            inbox = Counter(one["event_type"] for one in await self._inbox(profile))
            told = self._told.get(profile.id, Counter())
            if inbox != told:
                raise StoryBroken(f"the inbox of {profile.name} holds {inbox}, where {told} was expected")
            mails = len(await self._mails_to(profile))
            if mails != self._mails[profile.email]:
                expected = self._mails[profile.email]
                raise StoryBroken(f"{profile.name} got {mails} mails, where {expected} were expected")
