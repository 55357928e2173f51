"""What a decision about a candidate rests on beside the candidate."""

from dataclasses import dataclass

from services.recruitment.domain.intake import Intake
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.site import Site


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The site's word on the programme, its places, and whom it names for support."""

    offer: ProgrammeOffer
    intake: Intake
    support: tuple[str, ...] = ()

    @classmethod
    def of(cls, site: Site, programme: str, intake: Intake | None) -> "Terms":
        """At a site, with its intake, if it has begun. Raises Invalid `programme_not_offered`."""
        return cls(
            offer=site.offer(programme),
            intake=intake or Intake.begin(site.id, programme),
            support=tuple(str(line) for line in site.support_contacts),
        )
