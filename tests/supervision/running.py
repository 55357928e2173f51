"""Supervision as a running service, with placements and supervisors put into its database."""

from datetime import datetime, timedelta

from httpx import AsyncClient

from services.supervision.domain.hours import HoursEntry
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import Session
from services.supervision.domain.supervisor import Supervisor
from shared.clock import utc_now
from shared.domain.aggregate import Aggregate
from shared.ids import new_id
from shared.storage.unit_of_work import Change, Write, to_seal
from tests.supervision.builders import COORDINATOR, PRACTICE, completed, give, supervisor
from tests.support.running import Started


class People:
    """One site with its people, new for every test, each as a signed-in client."""

    def __init__(self, app: Started) -> None:
        self.app = app
        self.site, self.mentor, self.sam, self.lee = (
            f"{name}-{new_id()}" for name in ("site", "mentor", "sam", "lee")
        )

    def as_mentor(self) -> AsyncClient:
        return self.app.client(self.mentor)

    def as_supervisor(self, person: str | None = None) -> AsyncClient:
        return self.app.client(person or self.sam, [("supervisor", self.site)])

    def as_coordinator(self) -> AsyncClient:
        return self.app.client(COORDINATOR, [("coordinator", self.site)])

    def as_(self, role: str, *, site: str | None = None) -> AsyncClient:
        return self.app.client(new_id(), [(role, site or self.site)])

    async def waiting(self, *, opened: datetime | None = None) -> Placement:
        """A stored placement of the mentor without a supervisor."""
        training = completed(enrolment=new_id(), person=self.mentor, site=self.site)
        placement = Placement.open(training, practice=PRACTICE, now=opened or utc_now() - timedelta(days=1))
        await store(self.app, placement)
        return placement

    async def supervisor(self, person: str | None = None, *, limit: int = 5) -> Supervisor:
        """A stored supervisor of the site."""
        found = supervisor(person or self.sam, site=self.site, limit=limit)
        await store(self.app, found)
        return found

    async def supervised(self, *, days: float = 1) -> Placement:
        """A stored placement that opened, and was given to Sam, some days ago."""
        since = utc_now() - timedelta(days=days)
        training = completed(enrolment=new_id(), person=self.mentor, site=self.site)
        placement = Placement.open(training, practice=PRACTICE, now=since)
        sam = supervisor(self.sam, site=self.site)
        give(placement, sam, at=since)
        await store(self.app, placement, sam)
        return placement

    async def supervised_again(self) -> Placement:
        """Another stored placement of the same mentor, given to Sam, who has a caseload already."""
        training = completed(enrolment=new_id(), person=self.mentor, site=self.site)
        placement = Placement.open(training, practice=PRACTICE, now=utc_now() - timedelta(days=1))
        give(placement, supervisor(self.sam, site=self.site), at=placement.opened)
        await store(self.app, placement)
        return placement

    async def placement(self, id: str) -> Placement:
        """The placement as it is stored now."""
        row = await self.app.database.find_one("placements", {"_id": id})
        assert row is not None
        return Placement.rebuild(row)

    async def entries(self, placement: str) -> list[HoursEntry]:
        """The entries of hours as they are stored now."""
        rows = await self.app.database.find("hours", {"placement": placement}, sort=(("_id", 1),))
        return [HoursEntry.rebuild(row) for row in rows]

    async def sessions(self, placement: str) -> list[Session]:
        """The sessions as they are stored now."""
        rows = await self.app.database.find("sessions", {"placement": placement}, sort=(("_id", 1),))
        found = [Session.rebuild(row) for row in rows]
        assert self.app.runtime.vault is not None
        await self.app.runtime.vault.open(*found)
        return found


async def store(app: Started, *aggregates: Aggregate) -> None:
    """Put aggregates into the database as they are, announcing nothing."""
    for aggregate in aggregates:
        aggregate.take_raised()
        aggregate.version = 1
    writes = tuple(Write.insert(found.collection, found.document()) for found in aggregates)
    text = tuple(part for found in aggregates for part in to_seal(found))
    await app.runtime.committer.commit(Change(writes=writes, to_seal=text))
