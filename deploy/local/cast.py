"""Who works at a site: one person per duty, enough for the whole story."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.people import Answer, Profile, Town

CASELOAD_LIMIT = 8


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The staff of one site; two interviewers, because a panel has at least two."""

    admin: Profile
    coordinator: Profile
    interviewer: Profile
    other_interviewer: Profile
    trainer: Profile
    assessor: Profile
    supervisor: Profile
    certifier: Profile

    @property
    def site(self) -> str:
        """The site all of them work at."""
        return self.admin.site

    def __iter__(self) -> Iterator[Profile]:
        """Everybody."""
        yield from vars(self).values()


def cast_of(site: str) -> Cast:
    """The staff of a site, with ids that are the same at every start."""

    def member(name: str, duty: str) -> Profile:
        return Profile(name=name, site=site, duties=(duty,), id=f"{site}-{name.split(maxsplit=1)[0].lower()}")

    return Cast(
        admin=member("Ada Site", "site_admin"),
        coordinator=member("Carla Coordinator", "coordinator"),
        interviewer=member("Ines Interviewer", "interviewer"),
        other_interviewer=member("Ivo Interviewer", "interviewer"),
        trainer=member("Tara Trainer", "trainer"),
        assessor=member("Aron Assessor", "assessor"),
        supervisor=member("Sam Supervisor", "supervisor"),
        certifier=member("Cleo Certifier", "certifier"),
    )


async def register(town: Town, cast: Cast) -> None:
    """The site's admin describes it, enters everybody with their duties, and lets the supervisor supervise."""
    admin = await town.as_(cast.admin)
    await admin.put("recruitment", f"/v1/sites/{cast.site}", _site(town, cast))
    for member in cast:
        entry = {
            "name": member.name,
            "email": member.email,
            "language": member.language,
            "time_zone": town.time_zone,
            "site": member.site,
            "duties": list(member.duties),
        }
        await admin.put("recruitment", f"/v1/staff/{member.id}", entry)
    terms = {"site": cast.site, "caseload_limit": CASELOAD_LIMIT, "conflicts": [], "active": True}
    await admin.put("supervision", f"/v1/supervisors/{cast.supervisor.id}", terms)


def _site(town: Town, cast: Cast) -> Answer:
    return {
        "name": cast.site.title(),
        "time_zone": town.time_zone,
        "languages": ["en", "es"],
        "support_contacts": [
            {
                "name": f"{cast.site.title()} warm line",
                "phone": "0800 555 0100",
                "hours": "every day, 9 to 21",
            }
        ],
        "programmes": {"core": {}},
    }
