"""What goes of an application when the applicant is erased, and what stays."""

from collections.abc import Sequence
from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.deciding import Deciding
from services.recruitment.domain.decision import Withdrawal
from services.recruitment.domain.person import Person
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.domain.aggregate import Value
from shared.domain.errors import Forbidden
from shared.domain.people import Actor, Role


class Erasing(Deciding):
    """The rule of `Candidate` about erasure."""

    def erase(self, *, by: Actor, terms: Terms | None, now: datetime) -> None:
        """Referees, the address and its likeness go; all text goes with the person's key.

        An open application is taken back, an appeal too, and a place is given back. `terms` are those of the site,
        where it is described.
        """
        if self.erased is not None:
            return
        if _is_taken_back(self):
            self._take_back(Withdrawal(by=by.person, at=now), by=by, terms=terms, now=now)
        elif self.stage is Stage.ACCEPTED and terms is not None:
            terms.intake.give_back(self.person, terms.offer)
        self.application = self.application.model_copy(update={"references": ()})
        if self.entered is not None:
            self.entered = self.entered.model_copy(update={"external_id": None})
        self.email_key, self.likeness, self.holds_place = "", (), False
        self.erased = now


def _is_taken_back(application: Candidacy) -> bool:
    return application.stage.open or application.stage is Stage.APPEALED


class Part(Value):
    """Something that is kept about a person: how much of it, and why it goes or stays."""

    what: str
    count: int
    why: str


class Balance(Value):
    """What an erasure takes and what it leaves."""

    goes: tuple[Part, ...]
    stays: tuple[Part, ...]


def balance(person: Person, applications: Sequence[Candidacy]) -> Balance:
    """What would go now, and what would stay."""
    left = [one for one in applications if one.erased is None]
    referees = sum(len(one.application.references) for one in left)
    there = person.erasure is None
    goes = (
        Part(
            what="contact", count=int(there), why="Name, addresses, language and duties; here and everywhere."
        ),
        Part(what="text", count=len(left) if there else 0, why="All that was written: its key is destroyed."),
        Part(what="referees", count=referees, why="Their names and addresses were given for this alone."),
        Part(what="open_applications", count=sum(map(_is_taken_back, left)), why="They are taken back."),
    )
    stays = (
        Part(
            what="applications",
            count=len(applications),
            why="Codes and times under an id without a name, so that the site can account for its decisions.",
        ),
        Part(
            what="consents",
            count=sum(len(one.application.consents) for one in applications),
            why="So that it can be shown what was agreed to, and when.",
        ),
        Part(what="erasure", count=1, why="Who erased it, when and why, so that nobody enters it again."),
    )
    return Balance(goes=tuple(part for part in goes if part.count), stays=stays)


def must_be_erased_by(actor: Actor, person: Person, applications: Sequence[Candidacy]) -> None:
    """The person may; a privacy lead may of whom all records are at their own sites.

    Raises Forbidden `erasure_spans_sites`.
    """
    sites = {person.site, *(one.site for one in applications)}
    if actor.person != person.id and not all(actor.holds(site, Role.PRIVACY_LEAD) for site in sites):
        raise Forbidden(
            "erasure_spans_sites",
            "This person has records at other sites too; ask a privacy lead of the whole organisation.",
        )
