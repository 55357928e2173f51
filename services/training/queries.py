"""Reads of training, each kept to what the reader may see."""

from services.training.domain.certificate import Certificate
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import sites_filter
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


def enrolments_of_sites(actor: Actor, *, site: str | None, ready: bool | None) -> dict[str, object]:
    """The filter for enrolments at the actor's sites; raises as `sites_filter`.

    `ready` asks for those that wait for a certifier's decision, or with False for those that lack something.
    """
    where = sites_filter(actor, *STAFF, site=site)
    if ready:
        return {**where, "ready_since": {"$type": "date"}, "certificate": None}
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


async def certificate(database: Database, id: str, actor: Actor) -> Certificate:
    """One certificate: for the person and staff of the site."""
    return await one(database, Certificate, id, actor, allow=STAFF, own="person")


async def public_certificate(database: Database, token: str) -> Certificate | None:
    """The certificate at a public address, while its holder has the page on; None tells nothing about why."""
    row = await database.find_one(Certificate.collection, {"token": token, "public_page.on": True})
    return Certificate.rebuild(row) if row else None


async def name_of(database: Database, person: str) -> str | None:
    """A person's name, where it is known."""
    row = await database.get(Contact.collection, person)
    return row["name"] if row else None
