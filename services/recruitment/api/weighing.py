"""What commands about a candidate load beside the candidate, and keep."""

from services.recruitment import queries
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.intake import Intake, intake_id
from services.recruitment.domain.site import Site
from services.recruitment.domain.terms import Terms
from shared.messaging.work import Work


async def terms_of(work: Work, candidate: Candidate) -> Terms:
    """What a decision about the candidate rests on. Raises Invalid."""
    site = await queries.site_of(work, candidate.site)
    intake = await work.find(Intake, intake_id(candidate.site, candidate.programme))
    return Terms.of(site, candidate.programme, intake)


async def terms_if_any(work: Work, candidate: Candidate) -> Terms | None:
    """The same for who only goes: that needs neither a site that is described nor a programme it offers."""
    site = await work.find(Site, candidate.site)
    if site is None or candidate.programme not in site.programmes:
        return None
    return await terms_of(work, candidate)


def keep(work: Work, intake: Intake) -> None:
    """Save the intake with the candidate, once there is anything in it."""
    if intake.begun:
        work.add(intake)
