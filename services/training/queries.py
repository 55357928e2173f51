"""Reads of training, each kept to what the reader may see."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from services.training.domain.appeal import Appeal
from services.training.domain.certificate import Certificate
from services.training.domain.choices import Choices, choices_id
from services.training.domain.cohort import Cohort
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.help import HelpRequest, HelpState
from services.training.domain.programme import Programmes
from services.training.domain.site_programme import SiteProgramme
from services.training.domain.supervisors import Supervisors
from services.training.domain.support import Support, support_id
from shared.domain.errors import NotFound
from shared.domain.people import EVERY_SITE, Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import permit, sites_filter
from shared.web.queries import one

STAFF = (
    Role.TRAINER,
    Role.ASSESSOR,
    Role.COORDINATOR,
    Role.CERTIFIER,
    Role.SITE_ADMIN,
    Role.ORGANISATION_ADMIN,
    Role.AUDITOR,
)
"""Who sees the enrolments and certificates of a site."""
DECIDERS = (Role.CERTIFIER, Role.AUDITOR)
"""Who sees appeals and what was given back at a site."""

EVIDENCE = (Role.TRAINER, Role.CERTIFIER)
"""Who reads what a person handed in: those who decide on it, and those who decide on what rests on it."""


SEES_PRACTICE = (Role.TRAINER, Role.ASSESSOR, Role.SUPERVISOR)
"""Beside whom practice in a module is supervised."""

RULES_EDITORS = (Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)
"""Who looks after the programmes of a site, right answers included."""
RULES_READERS = (*RULES_EDITORS, Role.TRAINER, Role.COORDINATOR, Role.CERTIFIER, Role.AUDITOR)
"""Who sees which versions there are."""

READY = {"ready_since": {"$type": "date"}}
"""Enrolments for which everything is there; some indexes hold these alone."""


def enrolments_of_sites(actor: Actor, *, site: str | None, ready: bool | None) -> dict[str, object]:
    """The filter for enrolments at the actor's sites; raises as `sites_filter`.

    `ready` asks for those that wait for a certifier's decision, or with False for those that lack something.
    """
    where = sites_filter(actor, *STAFF, site=site)
    if ready:
        return {**where, **READY, "certificate": None}
    return where if ready is None else {**where, "ready_since": None}


async def enrolment(database: Database, id: str, actor: Actor) -> Enrolment:
    """One enrolment: for the person, staff of the site, and whoever supervises."""
    return await one(
        database,
        Enrolment,
        id,
        actor,
        allow=STAFF,
        own="person",
        also=lambda found: found.is_supervised_by(actor),
    )


async def enrolment_for_deciders(database: Database, id: str, actor: Actor) -> Enrolment:
    """One enrolment, where it is about decisions: for the person, certifiers and auditors of the site."""
    return await one(database, Enrolment, id, actor, allow=DECIDERS, own="person")


def submissions(actor: Actor, *, site: str | None) -> dict[str, object]:
    """The filter for what waits for a trainer at the actor's sites; raises as `sites_filter`."""
    where = sites_filter(actor, Role.TRAINER, site=site)
    return {**where, "trainer_awaited_since": {"$type": "date"}}


def reviews_wanted(actor: Actor, *, site: str | None) -> dict[str, object]:
    """The filter for what waits for an assessor at the actor's sites, their own apart; raises as `sites_filter`."""
    where = sites_filter(actor, Role.ASSESSOR, site=site)
    return {**where, "review_awaited_since": {"$type": "date"}, "person": {"$ne": actor.person}}


def help_wanted(actor: Actor, *, site: str | None) -> dict[str, object]:
    """The filter for who waits for help at a trainer's sites; raises as `sites_filter`."""
    return {**sites_filter(actor, Role.TRAINER, site=site), "state": HelpState.OPEN.value}


def logs_to_confirm(actor: Actor) -> dict[str, object]:
    """The filter for days that wait for the actor's word: as a mentor, and as staff where they still are."""
    as_mentor: dict[str, object] = {"mentors_awaited": actor.person}
    if not actor.sites(*SEES_PRACTICE):
        return as_mentor
    as_staff = {**sites_filter(actor, *SEES_PRACTICE), "staff_awaited": actor.person}
    return {"$or": [as_mentor, as_staff]}


async def help_asked(database: Database, enrolment: Enrolment, *, reader: str) -> int:
    """How many requests for help are open, as the person themself sees it; 0 for any other reader."""
    if reader != enrolment.person:
        return 0
    where = {"person": enrolment.person, "enrolment": enrolment.id, "state": HelpState.OPEN.value}
    return await database.count(HelpRequest.collection, where)


async def support(database: Database, enrolment: Enrolment) -> Support:
    """What helps a person to take part. Whoever asks has been let in to see it."""
    row = await database.get(Support.collection, support_id(enrolment.id))
    if row:
        return Support.rebuild(row)
    return Support.of(enrolment.id, person=enrolment.person, site=enrolment.site)


async def choices(database: Database, enrolment: str) -> Choices | None:
    """Which parts a person takes in their other way, for that person."""
    row = await database.get(Choices.collection, choices_id(enrolment))
    return Choices.rebuild(row) if row else None


async def supervisors_of(database: Database, person: str) -> frozenset[str]:
    """Everybody who supervises the person now, in any programme."""
    row = await database.get(Supervisors.collection, person)
    return Supervisors.rebuild(row).people if row else frozenset()


async def is_certified(database: Database, person: str, site: str, now: datetime) -> bool:
    """Does this person hold a certificate at this site that is valid now?"""
    rows = await database.find(Certificate.collection, {"person": person, "site": site})
    return any(Certificate.rebuild(row).history.status_on(now).is_certified for row in rows)


async def site_programme(
    database: Database, site: str, code: str, actor: Actor, *, allow: Sequence[Role]
) -> SiteProgramme:
    """One of a site's own programmes. Raises NotFound, Forbidden."""
    permit(actor, site, *allow)
    row = await database.get(SiteProgramme.collection, code)
    if row is None or row["site"] != site:
        raise no_such_programme(site, code)
    return SiteProgramme.rebuild(row)


def no_such_programme(site: str, code: str) -> NotFound:
    """The same whether there is none or it is another site's."""
    return NotFound(
        "programme_unknown", f"{site} has no programme {code!r} of its own. Correct it, or copy one."
    )


async def may_read_programme(database: Database, programmes: Programmes, code: str, actor: Actor) -> bool:
    """Does it ship, is it open to a site they have a role at, or do they train in it?"""
    if any(programmes.is_open_to(grant.site, code) or grant.site == EVERY_SITE for grant in actor.grants):
        return True
    if programmes.ships(code):
        return True
    return await database.get(Enrolment.collection, enrolment_id(actor.person, code)) is not None


async def certificate(database: Database, id: str, actor: Actor) -> Certificate:
    """One certificate: for the person and staff of the site."""
    return await one(database, Certificate, id, actor, allow=STAFF, own="person")


async def enrolment_of(database: Database, certificate: Certificate) -> Enrolment:
    """The enrolment behind a certificate the reader was let in to. Raises NotFound where it is gone."""
    row = await database.get(Enrolment.collection, certificate.enrolment)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    return Enrolment.rebuild(row)


def certificates_of_sites(actor: Actor, *, site: str | None, ends_before: date | None) -> dict[str, object]:
    """The filter for certificates at the actor's sites; raises as `sites_filter`."""
    where = sites_filter(actor, *STAFF, site=site)
    if ends_before is None:
        return where
    return {**where, "ends": {"$lt": datetime.combine(ends_before, time(), tzinfo=UTC)}}


async def certificates_of_person(
    database: Database, person: str, actor: Actor, *, programme: str | None
) -> list[Certificate]:
    """Those of one person that the actor may see: their own, or at sites where they are staff."""
    where: dict[str, object] = {"person": person}
    if programme is not None:
        where["programme"] = programme
    if person != actor.person:
        where.update(sites_filter(actor, *STAFF))
    return [Certificate.rebuild(row) for row in await database.find(Certificate.collection, where)]


def appeals_of_sites(actor: Actor, *, site: str | None, open: bool | None) -> dict[str, object]:
    """The filter for appeals at sites where the actor certifies or audits; raises as `sites_filter`."""
    where = sites_filter(actor, *DECIDERS, site=site)
    if open is None:
        return where
    return {**where, "outcome": None if open else {"$type": "string"}}


async def appeal(database: Database, id: str, actor: Actor) -> Appeal:
    """One appeal: for the person, certifiers and auditors of the site."""
    return await one(database, Appeal, id, actor, allow=DECIDERS, own="person")


async def cohort(database: Database, id: str, actor: Actor) -> Cohort:
    """One cohort: for staff of the site, whoever is part of it, and whoever trains in its programme at the site."""
    row = await database.get(Cohort.collection, id)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    found = Cohort.rebuild(row)
    if not (found.knows(actor.person) or actor.holds(found.site, *STAFF)):
        enrolled = await database.get(Enrolment.collection, enrolment_id(actor.person, found.programme))
        may_look = enrolled is not None and enrolled["site"] == found.site
        permit(actor, found.site, *STAFF, person=actor.person if may_look else None)
    return found


async def roster(database: Database, id: str, actor: Actor) -> Cohort:
    """One cohort with everybody in it: for staff of the site alone."""
    return await one(database, Cohort, id, actor, allow=STAFF)


def cohorts_of_sites(
    actor: Actor, *, site: str | None, begins: datetime, **chosen: str | None
) -> dict[str, object]:
    """The filter for cohorts at the actor's sites that begin at that time or later; raises as `sites_filter`."""
    where = sites_filter(actor, *STAFF, site=site)
    return {**where, "starts": {"$gte": begins}, **_only(chosen)}


def cohorts_for(enrolment: Enrolment, *, begins: datetime, module: str | None) -> dict[str, object]:
    """The filter for cohorts with a free place that are meant for whoever has this enrolment."""
    return {
        "site": enrolment.site,
        "programme": enrolment.programme,
        "programme_version": enrolment.programme_version,
        "starts": {"$gte": begins},
        "cancelled": None,
        "places_left": {"$gt": 0},
        **_only({"modules": module}),
    }


def cohorts_with(person: str) -> dict[str, object]:
    """The filter for cohorts in which a person has a place, or waits for one."""
    return {"$or": [{"seats.person": person}, {"waiting.person": person}]}


def _only(chosen: Mapping[str, str | None]) -> dict[str, str]:
    return {field: value for field, value in chosen.items() if value is not None}


async def public_certificate(database: Database, token: str) -> Certificate | None:
    """The certificate at a public address, while its holder has the page on; None tells nothing about why."""
    row = await database.find_one(Certificate.collection, {"token": token, "public_page.on": True})
    return Certificate.rebuild(row) if row else None


async def name_of(database: Database, person: str) -> str | None:
    """A person's name, where it is known."""
    row = await database.get(Contact.collection, person)
    return row["name"] if row else None
