"""A site: what an application form needs to know of it, and the programmes it offers."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, HttpUrl, PlainSerializer, model_validator

from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import Name, TimeZone
from shared.contracts.envelope import Code
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Invalid

Languages = Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
Programmes = Annotated[dict[Code, ProgrammeOffer], Field(max_length=100)]
Link = Annotated[HttpUrl, PlainSerializer(str, return_type=str)]


class SupportLine(Value):
    """Somebody whom everybody may turn to, such as a warm line; published, so never a person's own number."""

    name: Name
    phone: str | None = Field(default=None, max_length=40)
    url: Link | None = None
    hours: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not (self.phone or self.url):
            raise ValueError("a support contact has a phone number or a web address, or both")
        return self

    def __str__(self) -> str:
        """As it is told to a person, in one line."""
        return ", ".join(str(part) for part in (self.name, self.phone, self.url, self.hours) if part)


SupportLines = Annotated[tuple[SupportLine, ...], Field(max_length=20)]


class Description(Value):
    """All that is said of a site."""

    name: Name
    time_zone: TimeZone
    languages: Languages
    support_contacts: SupportLines = ()
    programmes: Programmes

    def parts(self) -> dict[str, Any]:
        """Each of them by its name."""
        return {name: getattr(self, name) for name in Description.model_fields}


class Site(Aggregate):
    """One site; its id is the code by which every record names it, and `site` is the same."""

    collection: ClassVar[str] = "sites"

    name: Name
    time_zone: TimeZone
    languages: Languages
    support_contacts: SupportLines = ()
    programmes: Programmes

    @classmethod
    def described(cls, known: Self | None, id: str, description: Description) -> Self:
        """The site, new or known, as it is described from now on. Raises as `is_now`."""
        if known is None:
            return cls(id=id, site=id, **description.parts())
        known.is_now(description)
        return known

    def is_now(self, description: Description) -> None:
        """What is said of the site from now on.

        Raises:
            Conflict: `programme_still_needed`; a programme is left out that was offered before.
        """
        self._must_keep(description.programmes)
        for name, value in description.parts().items():
            setattr(self, name, value)

    def roomier_than(self, before: Mapping[str, ProgrammeOffer]) -> tuple[str, ...]:
        """The programmes that have more places than they had."""
        return tuple(
            code
            for code, offer in self.programmes.items()
            if code in before and offer.is_roomier(before[code])
        )

    def offer(self, programme: str) -> ProgrammeOffer:
        """What the site says about a programme. Raises Invalid `programme_not_offered`."""
        if programme not in self.programmes:
            raise Invalid(
                "programme_not_offered",
                f"The site {self.id} does not offer the programme {programme}; it offers {self._offered()}. "
                "Choose one of these, or another site.",
            )
        return self.programmes[programme]

    def must_take_applications(self, programme: str) -> ProgrammeOffer:
        """The offer, which is open. Raises Invalid `programme_not_offered`, Conflict `programme_closed`."""
        offer = self.offer(programme)
        if not offer.open:
            raise Conflict(
                "programme_closed",
                f"The site {self.id} is not taking applications for {programme} at present; choose another site, "
                "or ask this one when it will.",
            )
        return offer

    def _offered(self) -> str:
        return ", ".join(sorted(self.programmes)) or "none yet"

    def _must_keep(self, programmes: Mapping[str, ProgrammeOffer]) -> None:
        # Whoever applied is still decided about, by what is said there.
        if gone := sorted(self.programmes.keys() - programmes.keys()):
            raise Conflict(
                "programme_still_needed",
                f"People may have applied for {', '.join(gone)}; keep it, and set `open` to false to end it.",
            )


def known_site(found: Site | None, id: str) -> Site:
    """The site. Raises Invalid `site_unknown`."""
    if found is None:
        raise Invalid(
            "site_unknown",
            f"There is no site {id} here; GET /v1/sites lists those there are. A new one is described by its "
            "administrator first.",
        )
    return found
