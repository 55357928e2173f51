"""What recruitment is told, and tells, of sites."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.domain.site import Description, Languages, Programmes, Site, SupportLines
from shared.contracts.envelope import Code

_SAID: dict[str, Any] = {
    "name": "Leeds Recovery College",
    "time_zone": "Europe/London",
    "languages": ["en"],
    "support_contacts": [{"name": "The peer line", "phone": "0113 496 0000", "hours": "every day, 9 to 21"}],
}
_FULL: dict[str, Any] = {
    **_SAID,
    "programmes": {
        "core": {
            "open": True,
            "capacity": 24,
            "required_checks": ["references", "background_check"],
            "appeal_days": 30,
            "appeal_decision_days": 30,
            "appeal_source": "house rule",
        }
    },
}


class SiteBody(Description):
    """A site as it is from now on; a programme that was offered stays, open or not."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FULL]})


class PublicSiteView(BaseModel):
    """What everybody may know of a site: whom to turn to, and what they can apply for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SAID, "site": "leeds", "open": ["core"]}]})

    site: str
    name: str
    time_zone: str
    languages: Languages
    support_contacts: SupportLines
    open: list[Code]

    @classmethod
    def of(cls, site: Site) -> Self:
        """From the aggregate."""
        return cls(
            site=site.id,
            name=site.name,
            time_zone=site.time_zone,
            languages=site.languages,
            support_contacts=site.support_contacts,
            open=sorted(code for code, offer in site.programmes.items() if offer.open),
        )


class SiteView(BaseModel):
    """A site in full, for those who work there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_FULL, "site": "leeds", "version": 3}]})

    site: str
    name: str
    time_zone: str
    languages: Languages
    support_contacts: SupportLines
    programmes: Programmes
    version: int

    @classmethod
    def of(cls, site: Site) -> Self:
        """From the aggregate."""
        said = {name: getattr(site, name) for name in Description.model_fields}
        return cls(site=site.id, version=site.version, **said)
