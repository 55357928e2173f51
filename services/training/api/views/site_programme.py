"""A site's own programme as it is answered."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.differences import Difference
from services.training.domain.programme import Programme
from services.training.domain.site_programme import HEAD, SiteProgramme, Version
from shared.contracts.envelope import Moment


class VersionView(BaseModel):
    """One published version; reasons are only read, not repeated in a command's answer."""

    version: int
    effective_from: Moment
    published: Moment
    published_by: str
    reason: str | None
    withdrawn: Moment | None
    withdrawn_by: str | None
    withdrawn_because: str | None

    @classmethod
    def of(cls, version: Version, *, with_reasons: bool) -> Self:
        """As it stands."""
        facts = version.model_dump(exclude={"number", "rules", "text"})
        reasons = version.text.model_dump() if with_reasons else {"reason": None, "withdrawn_because": None}
        return cls(version=version.number, **facts, **reasons)


class SiteProgrammeView(BaseModel):
    """A programme of a site; `draft_saved` and who saved it where there is a draft."""

    model_config = examples.example(examples.SITE_PROGRAMME)
    programme: str
    site: str
    copied_from: str
    shared_with: tuple[str, ...]
    draft_saved: Moment | None
    draft_saved_by: str | None
    versions: tuple[VersionView, ...]
    version: int

    @classmethod
    def of(cls, found: SiteProgramme, *, with_reasons: bool = False) -> Self:
        """As it stands."""
        return cls(
            programme=found.id,
            site=found.site,
            copied_from=f"{found.copied_from.programme}/{found.copied_from.version}",
            shared_with=found.shared_with,
            draft_saved=found.draft.saved if found.draft else None,
            draft_saved_by=found.draft.saved_by if found.draft else None,
            versions=tuple(VersionView.of(one, with_reasons=with_reasons) for one in found.versions),
            version=found.version,
        )

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls.of(SiteProgramme.rebuild(row))


class RulesView(BaseModel):
    """The whole of the rules, as they are sent to save a draft; `of_version` is empty for the draft."""

    model_config = examples.example(examples.SITE_RULES)
    programme: str
    of_version: int | None
    rules: dict[str, Any]
    version: int

    @classmethod
    def of(cls, found: SiteProgramme, programme: Programme, *, version: int | None) -> Self:
        """Of the draft, or of a version."""
        rules = programme.model_dump(mode="json", exclude=set(HEAD), exclude_none=True)
        return cls(programme=found.id, of_version=version, rules=rules, version=found.version)


class DifferencesView(BaseModel):
    """What differs; `after` is empty for the draft."""

    model_config = examples.example(examples.DIFFERENCES)
    programme: str
    before: int
    after: int | None
    differences: tuple[Difference, ...]
