"""Reads, each kept to what the reader may see."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from services.recruitment.domain.appointment import NOTICE
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.importing.file import Key, Taken
from services.recruitment.domain.intake import Intake, intake_id
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import ADMINS, KnownActor, Person
from services.recruitment.domain.reading import READERS
from services.recruitment.domain.reference import Reference, ReferenceState, token_hash
from services.recruitment.domain.site import Site, known_site
from services.recruitment.domain.slot import Slot, SlotState
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.domain.errors import Conflict, NotFound
from shared.domain.people import Actor, Role
from shared.messaging.work import Work
from shared.storage.mongo import Database
from shared.web.policy import permit, sites_filter
from shared.web.queries import one

ALIKE_AT_MOST = 10
STAFF_READERS = (Role.COORDINATOR, *ADMINS)
"""Who sees the staff of a site: those who enter it, and those who choose a panel from it."""


def candidates_of_sites(actor: Actor, *, site: str | None, stage: Stage | None) -> dict[str, Any]:
    """The filter for candidates at the actor's sites; raises as `sites_filter`."""
    where: dict[str, Any] = dict(sites_filter(actor, *READERS, site=site))
    if stage is not None:
        where["stage"] = stage.value
    return where


async def candidate_for(database: Database, candidate: str, actor: Actor) -> Candidate:
    """One candidate, for those who may read it; raises as `one`."""
    return await one(
        database,
        Candidate,
        candidate,
        actor,
        allow=READERS,
        own="person",
        also=lambda found: found.may_be_read_by(actor),
    )


async def scored_candidate_for(database: Database, candidate: str, actor: Actor) -> Candidate:
    """One candidate, for those whose business the scorecards are, or the person; raises as `one`."""
    return await one(
        database,
        Candidate,
        candidate,
        actor,
        allow=(Role.COORDINATOR,),
        own="person",
        also=lambda found: found.shows_cards_to(actor),
    )


async def appointment_for(database: Database, candidate: str, actor: Actor) -> Candidate:
    """One candidate who has an interview, for those in whose calendar it is; raises as `one`, and NotFound."""
    found = await one(
        database,
        Candidate,
        candidate,
        actor,
        allow=(),
        own="person",
        also=lambda found: found.is_expected_at_interview(actor),
    )
    if found.latest_round is None:
        raise NotFound("no_interview", "There is no interview yet; schedule one first.")
    return found


def slots_of_sites(actor: Actor, *, site: str | None, state: SlotState | None) -> dict[str, Any]:
    """The filter for times offered at the actor's sites; raises as `sites_filter`."""
    where: dict[str, Any] = dict(sites_filter(actor, Role.COORDINATOR, Role.INTERVIEWER, site=site))
    if state is not None:
        where["state"] = state.value
    return where


async def slots_for(
    database: Database, candidate: str, actor: KnownActor, *, now: datetime
) -> dict[str, Any]:
    """The filter for the times a candidate can book; raises as `one`."""
    found = await one(database, Candidate, candidate, actor, allow=(Role.COORDINATOR,), own="person")
    return {
        "site": found.site,
        "programme": found.programme,
        "state": SlotState.FREE.value,
        "starts": {"$gte": now + NOTICE},
        "panel": {"$nin": [found.person, *found.stepped_back]},
    }


async def slots_ahead_with(database: Database, person: str, *, now: datetime) -> list[str]:
    """The times to come that somebody sits on the panel of, by their ids."""
    where = {"panel": person, "starts": {"$gte": now}}
    return [row["_id"] for row in await database.find(Slot.collection, where, fields=("_id",))]


def slot_offered_to(candidate: Candidate, slot: Slot | None) -> Slot:
    """The slot, where it is one for this candidate. Raises NotFound."""
    if slot is None or (slot.site, slot.programme) != (candidate.site, candidate.programme):
        raise NotFound("slot_unknown", "There is no such time on offer here; read which there are.")
    return slot


async def time_zone_of(database: Database, person: str) -> str | None:
    """The clock somebody lives by, if they are known here."""
    row = await database.get(Person.collection, person)
    contact = Person.rebuild(row).contact if row else None
    return contact.time_zone if contact else None


async def alike(database: Database, candidate: Candidate) -> list[Candidate]:
    """Applications at the same site that may be of the same person under another id, the latest first."""
    where = {
        "site": candidate.site,
        "likeness": {"$in": list(candidate.likeness)},
        "person": {"$ne": candidate.person},
    }
    rows = await database.find(Candidate.collection, where, sort=(("_id", -1),), limit=ALIKE_AT_MOST)
    return [Candidate.rebuild(row) for row in rows]


async def coordinated_candidate(database: Database, candidate: str, actor: KnownActor) -> Candidate:
    """One candidate, for those who coordinate the site and are somebody else; raises as `one`, and Forbidden."""
    found = await one(database, Candidate, candidate, actor, allow=(Role.COORDINATOR,))
    found.must_be_handled_by(actor)
    return found


async def references_of(database: Database, candidate: str) -> dict[str, Reference]:
    """The references of an application that were ever asked for or noted, by their ids."""
    rows = await database.find(Reference.collection, {"candidate": candidate})
    return {row["_id"]: Reference.rebuild(row) for row in rows}


async def reference_with(database: Database, token: str, *, now: datetime) -> Reference | None:
    """The reference whose link ends in this token, while it can be answered."""
    where = {"token_hash": token_hash(token), "state": ReferenceState.REQUESTED.value}
    row = await database.find_one(Reference.collection, where)
    found = Reference.rebuild(row) if row else None
    return found if found is not None and found.may_be_answered(now) else None


async def place_of_person(database: Database, person: str, *, programme: str) -> Candidate | None:
    """The application by which a person holds a place in a programme."""
    where = {"person": person, "programme": programme, "holds_place": True}
    row = await database.find_one(Candidate.collection, where)
    return Candidate.rebuild(row) if row else None


async def address_holds_place(database: Database, email_key: str, *, site: str, programme: str) -> bool:
    """Is there an application under this address that leaves no room for another?"""
    where = {"email_key": email_key, "site": site, "programme": programme, "holds_place": True}
    return await database.count(Candidate.collection, where, limit=1) > 0


async def taken(database: Database, keys: Iterable[Key], *, site: str, programme: str) -> Taken:
    """Which of these have an application to the programme at the site, open or closed; in a few queries."""
    found_emails: set[str] = set()
    found_ids: set[str] = set()
    for some in _at_most(list(keys), 1_000):
        emails = {"email_key": {"$in": [key.email_key for key in some]}}
        here = {"site": site, "programme": programme}
        rows = await database.find(Candidate.collection, {**emails, **here}, fields=("email_key",))
        found_emails.update(row["email_key"] for row in rows)
        ids = [key.external_id for key in some if key.external_id is not None]
        found_ids |= await _taken_ids(database, ids, here)
    return Taken(emails=frozenset(found_emails), external_ids=frozenset(found_ids))


async def external_id_is_taken(database: Database, id: str | None, *, site: str, programme: str) -> bool:
    """Has an application to the programme at the site this external id?"""
    return id is not None and bool(await _taken_ids(database, [id], {"site": site, "programme": programme}))


async def _taken_ids(database: Database, ids: Sequence[str], here: dict[str, Any]) -> frozenset[str]:
    if not ids:
        return frozenset()
    # The range says what the partial index has.
    where = {**here, "entered.external_id": {"$in": list(ids), "$gt": ""}}
    rows = await database.find(Candidate.collection, where, fields=("entered.external_id",))
    return frozenset(row["entered"]["external_id"] for row in rows)


def _at_most(keys: Sequence[Key], count: int) -> Iterator[Sequence[Key]]:
    return (keys[first : first + count] for first in range(0, len(keys), count))


async def touched_of_import(database: Database, import_id: str) -> int:
    """How many of the applications of an import somebody has worked with."""
    where = {"entered.imported_in": import_id, "version": {"$gt": 1}}
    return await database.count(Candidate.collection, where)


async def person(database: Database, id: str) -> Person:
    """A person recruitment knows. Raises NotFound."""
    row = await database.get(Person.collection, id)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    return Person.rebuild(row)


async def known(database: Database, actor: Actor) -> KnownActor:
    """The actor with the address they are known by."""
    row = await database.get(Person.collection, actor.person)
    email_key = Person.rebuild(row).email_key or None if row else None
    return KnownActor(person=actor.person, grants=actor.grants, email_key=email_key)


async def known_people(database: Database, people: Sequence[str]) -> tuple[KnownActor, ...]:
    """The people of these ids, each with the address they are known by."""
    return tuple([await known(database, Actor(person=one)) for one in people])


async def colleague(database: Database, id: str, *, site: str, actor: Actor) -> Person:
    """Somebody with a duty at the site, for those who may see its staff. Raises NotFound, Forbidden."""
    permit(actor, site, *STAFF_READERS)
    row = await database.find_one(Person.collection, {"_id": id, **colleagues_at(site)})
    if row is None:
        raise NotFound("not_found", f"Nobody with this id has a duty at {site}; enter them first.")
    return Person.rebuild(row)


def colleagues_at(site: str) -> dict[str, Any]:
    """The filter for everybody with a duty at a site."""
    return {"duties.site": site}


async def site_for(database: Database, site: str, actor: Actor) -> Site:
    """One site in full, for whoever works there; raises as `one`."""
    return await one(database, Site, site, actor, allow=STAFF_READERS, also=lambda _: True)


async def offer_about(database: Database, candidate: Candidate) -> ProgrammeOffer:
    """What the candidate's site says about their programme; where it says nothing yet, what is so unless it does."""
    row = await database.get(Site.collection, candidate.site)
    said = Site.rebuild(row).programmes if row else {}
    return said.get(candidate.programme, ProgrammeOffer())


async def site_of(work: Work, id: str) -> Site:
    """A site, within a command. Raises Invalid `site_unknown`."""
    return known_site(await work.find(Site, id), id)


async def applications_of(database: Database, person: str) -> list[Candidate]:
    """Every application of a person, wherever it was made."""
    rows = await database.find(Candidate.collection, {"person": person}, sort=(("_id", 1),))
    return [Candidate.rebuild(row) for row in rows]


async def terms_for(database: Database, site: str, programme: str, actor: Actor) -> Terms:
    """A programme's places at a site, for those who see its candidates. Raises NotFound, Forbidden, Invalid."""
    found = await one(database, Site, site, actor, allow=READERS)
    return Terms.of(found, programme, await _intake(database, site, programme))


async def waits(database: Database, intake: Intake) -> dict[str, tuple[str, datetime]]:
    """For each candidate in the line who it is, and when it was decided that they wait."""
    where = {"_id": {"$in": list(intake.waiting)}}
    rows = await database.find(Candidate.collection, where, fields=("person", "decisions.at"))
    return {row["_id"]: (row["person"], row["decisions"][-1]["at"]) for row in rows}


async def position_of(database: Database, candidate: Candidate) -> int | None:
    """Where the candidate is in the line; None where they don't wait."""
    if candidate.stage is not Stage.WAITING:
        return None
    intake = await _intake(database, candidate.site, candidate.programme)
    return intake.position(candidate.id) if intake else None


async def must_hold_no_other_place(database: Database, candidate: Candidate) -> None:
    """Refuse an appeal of somebody who has applied anew. Raises Conflict `applied_again`."""
    held = await place_of_person(database, candidate.person, programme=candidate.programme)
    again = candidate.anonymous and await address_holds_place(
        database, candidate.email_key, site=candidate.site, programme=candidate.programme
    )
    if (held is not None and held.id != candidate.id) or (again and not candidate.holds_place):
        raise Conflict(
            "applied_again",
            "You have applied to this programme again since; take that application back to appeal instead.",
        )


async def must_be_new_to_site(database: Database, candidate: Candidate) -> None:
    """Refuse a move of an application without an account to where the address has one. Raises Conflict."""
    if candidate.anonymous and await address_holds_place(
        database, candidate.email_key, site=candidate.site, programme=candidate.programme
    ):
        raise Conflict(
            "applied_there_already",
            f"There is an application like this one at {candidate.site} already; agree with that site which one goes "
            "on, and take the other back.",
        )


def here(candidate: Candidate, site: str, programme: str) -> Candidate:
    """The candidate, who applied to this programme at this site. Raises NotFound."""
    if (candidate.site, candidate.programme) != (site, programme):
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    return candidate


async def _intake(database: Database, site: str, programme: str) -> Intake | None:
    row = await database.get(Intake.collection, intake_id(site, programme))
    return Intake.rebuild(row) if row else None
