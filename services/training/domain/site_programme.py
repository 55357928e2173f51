"""A programme of a site's own: copied, edited as a draft, published version by version."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Self

from pydantic import Field

from services.training.domain.programme import Offered, Programme
from services.training.domain.reason import must_be_given
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import ProgrammePublished, ProgrammeWithdrawn
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Invalid, NotFound

HEAD = frozenset({"code", "version", "effective_from"})
"""What publishing gives a programme; everything else is its rules."""
PARSED_AT_MOST = 256

Rules = str
"""A programme without its head, as JSON: what was published is kept letter by letter."""


def rules_of(programme: Programme) -> Rules:
    """The rules of a programme."""
    return json.dumps(
        programme.model_dump(mode="json", exclude=set(HEAD)), ensure_ascii=False, sort_keys=True
    )


@lru_cache(maxsize=PARSED_AT_MOST)
def programme_from(rules: Rules, code: str, version: int, effective_from: datetime) -> Programme:
    """A programme out of its rules and its head; kept by what it is made of, so it can't be out of date."""
    head = {"code": code, "version": version, "effective_from": effective_from}
    return Programme.model_validate({**json.loads(rules), **head})


class Origin(Value):
    """The version something was copied from."""

    programme: Code
    version: int


class Draft(Value):
    """What is being edited."""

    rules: Rules
    based_on: Origin
    saved: Moment
    saved_by: Id


class PublishingText(Value):
    """Why it was published, and why it was withdrawn; for those who look after the programme."""

    reason: str = Field(min_length=1, max_length=2_000)
    withdrawn_because: str | None = None


class Version(Value):
    """One published version. Its rules and its date never change."""

    number: int = Field(ge=1)
    effective_from: Moment
    rules: Rules
    published: Moment
    published_by: Id
    withdrawn: Moment | None = None
    withdrawn_by: Id | None = None
    text: PublishingText


class SiteProgramme(Aggregate):
    """The id is the programme's code, which no other programme has, whoever's it is."""

    collection: ClassVar[str] = "programmes"

    id: Code
    copied_from: Origin
    shared_with: tuple[Id, ...] = ()
    draft: Draft | None = None
    versions: tuple[Version, ...] = ()

    @classmethod
    def copied(cls, code: str, *, site: str, source: Programme, by: str, now: datetime) -> Self:
        """A draft with the rules of another programme, to be edited and published by this site."""
        origin = Origin(programme=source.code, version=source.version)
        draft = Draft(rules=rules_of(source), based_on=origin, saved=now, saved_by=by)
        return cls(id=code, site=site, copied_from=origin, draft=draft)

    def edit(self, programme: Programme, *, by: str, now: datetime) -> None:
        """The whole of the rules as they are to be next; what is published stays."""
        based_on = self.draft.based_on if self.draft else self._latest_origin()
        self.draft = Draft(rules=rules_of(programme), based_on=based_on, saved=now, saved_by=by)

    def publish(self, effective_from: datetime, *, by: str, reason: str, now: datetime) -> Version:
        """The draft becomes the next version, in force from a date on; people who train stay where they are.

        Raises:
            Invalid: `reason_missing`, `effective_in_the_past`.
            Conflict: `draft_missing`, `nothing_changed`, `effective_before_another`.
        """
        reason = must_be_given(reason)
        if self.draft is None:
            raise Conflict("draft_missing", f"There is no draft of {self.id}. Save the new rules first.")
        if effective_from < now:
            raise Invalid(
                "effective_in_the_past",
                "A version is in force from now on, or later: what was decided before stays decided. Choose a "
                "time that has not passed.",
            )
        self._must_be_news(self.draft.rules, effective_from)
        version = Version(
            number=len(self.versions) + 1,
            effective_from=effective_from,
            rules=self.draft.rules,
            published=now,
            published_by=by,
            text=PublishingText(reason=reason),
        )
        self.versions, self.draft = (*self.versions, version), None
        shared = {"published_by": by, "shared_with": self.shared_with}
        self.record(ProgrammePublished(**self._about(version), **shared))
        return version

    def withdraw(self, number: int, *, by: str, reason: str, now: datetime) -> None:
        """Take back a version before its date; its number is not used again, and its rules can be drafted anew.

        Raises:
            Invalid: `reason_missing`.
            NotFound: `version_unknown`.
            Conflict: `version_in_force`.
        """
        reason = must_be_given(reason)
        found = self.version_numbered(number)
        if found.effective_from <= now:
            raise Conflict(
                "version_in_force",
                f"Version {number} is in force, and people may train under it. Publish a later version instead.",
            )
        text = found.text.model_copy(update={"withdrawn_because": reason})
        withdrawn = found.model_copy(update={"withdrawn": now, "withdrawn_by": by, "text": text})
        self.versions = tuple(withdrawn if one.number == number else one for one in self.versions)
        self.record(ProgrammeWithdrawn(**self._about(found), withdrawn_by=by))

    def share_with(self, sites: Sequence[str]) -> None:
        """The other sites that can enrol people into it; whoever trains already goes on."""
        self.shared_with = tuple(sorted(set(sites) - {self.site}))

    def version_numbered(self, number: int) -> Version:
        """One that was published and not withdrawn. Raises NotFound `version_unknown`."""
        for version in self.standing:
            if version.number == number:
                return version
        raise NotFound("version_unknown", f"{self.id} has no version {number}, or it was withdrawn.")

    @property
    def standing(self) -> tuple[Version, ...]:
        """The versions that were published and not withdrawn."""
        return tuple(version for version in self.versions if version.withdrawn is None)

    @property
    def offered(self) -> Offered:
        """What people can train under, and where."""
        return Offered(
            versions=tuple(self.programme(version) for version in self.standing),
            sites=frozenset((self.site, *self.shared_with)),
        )

    def programme(self, version: Version) -> Programme:
        """The rules of one version."""
        return programme_from(version.rules, self.id, version.number, version.effective_from)

    @property
    def drafted(self) -> Programme:
        """The draft as the version it would become. Raises NotFound `draft_unknown`."""
        if self.draft is None:
            raise NotFound(
                "draft_unknown", f"There is no draft of {self.id}. Save the new rules to begin one."
            )
        return programme_from(self.draft.rules, self.id, len(self.versions) + 1, self.draft.saved)

    def _latest_origin(self) -> Origin:
        number = self.standing[-1].number if self.standing else None
        return Origin(programme=self.id, version=number) if number else self.copied_from

    def _must_be_news(self, rules: Rules, effective_from: datetime) -> None:
        if not self.standing:
            return
        last = self.standing[-1]
        if rules == last.rules:
            raise Conflict(
                "nothing_changed", f"The draft says what version {last.number} says. Edit it first."
            )
        if effective_from <= last.effective_from:
            raise Conflict(
                "effective_before_another",
                f"Version {last.number} is in force from {last.effective_from:%Y-%m-%d %H:%M} UTC on. Choose a later "
                "time, or withdraw that version if its time has not come.",
            )

    def _about(self, version: Version) -> dict[str, object]:
        return {
            "site": self.site,
            "programme": self.id,
            "programme_version": version.number,
            "effective_from": version.effective_from,
        }


CATALOGUE = "programmes"
"""The id of the only one."""


class Catalogue(Aggregate):
    """Which programmes of sites have changed: one document to look at, for whoever keeps them in memory."""

    collection: ClassVar[str] = "catalogues"

    id: str = CATALOGUE
    site: str = "*"
    editions: dict[Code, int] = {}

    def note(self, programme: SiteProgramme) -> None:
        """What this one offers is another now; save both together."""
        self.editions = {**self.editions, programme.id: self.editions.get(programme.id, 0) + 1}
