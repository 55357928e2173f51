"""The smallest real service: counts hours reported per placement, announces each sum, and keeps names.

It uses real contracts, so what the tests show holds for every service.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursApproved, HoursReported, HoursReturned
from shared.contracts.topics import CONTACTS
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Conflict
from shared.domain.people import Role
from shared.messaging.projections import Projection
from shared.messaging.reactions import Context, Found, Reactions, ignore, on, on_tombstone
from shared.messaging.work import Work
from shared.service import Service
from shared.storage.schema import aggregates
from shared.web.commands import CommandDep


class Tally(Aggregate):
    """The sum of a placement's hours, and the order in which they came."""

    collection: ClassVar[str] = "tallies"

    person: str
    total: float = 0.0
    entries: list[str] = Field(default_factory=list)

    @classmethod
    def add_reported(cls, found: Self | None, event: HoursReported, context: Context) -> Self:
        """Count one report; 13 hours is a sum this rule can't stand."""
        tally = found or cls(id=event.placement, site=event.site, person=event.person)
        if event.hours == 13:
            raise ValueError("thirteen hours")
        tally.add(event.entry, event.hours, by="reaction")
        return tally

    def add(self, entry: str, hours: float, *, by: str) -> None:
        """Count hours once per call and announce the new sum."""
        if self.total + hours > 10_000:
            raise Conflict("tally_full", "A tally holds 10,000 hours; open another placement.")
        self.total += hours
        self.entries.append(entry)
        self.record(
            HoursApproved(
                site=self.site,
                person=self.person,
                placement=self.id,
                programme="core",
                entry=entry,
                bucket="direct_support",
                hours=hours,
                total=self.total,
                approved_by=by,
            )
        )


class Name(Aggregate):
    """What a person is called, until they are erased."""

    collection: ClassVar[str] = "names"

    name: str

    @classmethod
    def told(cls, found: Self | None, event: PersonContact, _: Context) -> Self:
        """The latest name counts."""
        told = found or cls(id=event.person, site=event.site, name=event.name)
        told.name = event.name
        return told


def erase(person: str, found: Found, _: datetime) -> Iterable[Aggregate]:
    """The name goes."""
    name = found.get(Name, person)
    if name is not None:
        name.forget()
        yield name


class AddBody(BaseModel):
    """Hours to count by hand."""

    model_config = ConfigDict(extra="forbid")
    entry: str = Field(min_length=1, max_length=64)
    hours: float = Field(gt=0, le=24)


class TallyView(BaseModel):
    """A tally as shown."""

    id: str
    version: int
    total: float

    @classmethod
    def of(cls, tally: Tally) -> Self:
        """From the aggregate."""
        return cls(id=tally.id, version=tally.version, total=tally.total)


router = APIRouter()


@router.post("/tallies/{tally}/hours", response_model=TallyView)
async def add_hours(tally: str, body: AddBody, command: CommandDep) -> Response:
    """Count hours by hand."""
    return await command.change(
        Tally,
        tally,
        allow=(Role.SUPERVISOR,),
        own="person",
        do=lambda found: found.add(body.entry, body.hours, by=command.actor.person),
        view=TallyView.of,
    )


@router.post("/tallies/{tally}", response_model=TallyView, status_code=201)
async def open_tally(tally: str, command: CommandDep) -> Response:
    """Open an empty tally."""

    async def rule(work: Work) -> Tally:
        if await work.find(Tally, tally):
            raise Conflict("tally_open", "This tally is open already; add to it.")
        opened = Tally(id=tally, site="leeds", person=command.actor.person)
        work.add(opened)
        return opened

    return await command.run(rule, view=TallyView.of, status=201)


LEDGER = Service(
    name="supervision",
    routers=(router,),
    reactions=Reactions(
        on(HoursReported, Tally, id=lambda event: event.placement, do=Tally.add_reported),
        ignore(HoursReturned, because="nothing was counted for it"),
        on(PersonContact, Name, id=lambda event: event.person, do=Name.told),
        on_tombstone(CONTACTS.name, loads=lambda person: [(Name, person)], do=erase),
    ),
    collections=(aggregates("tallies", person="string"), aggregates("names", name="string")),
    projections=(Projection(kind=Name, topics=(CONTACTS.name,)),),
)
