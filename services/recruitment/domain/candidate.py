"""A person's way from application to a coordinator's decision."""

from datetime import datetime
from typing import Self

from services.recruitment.domain.application import Application
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.erasing import Erasing
from services.recruitment.domain.moving import Moving
from services.recruitment.domain.person import Person
from services.recruitment.domain.reading import Reading
from services.recruitment.domain.referring import Referring
from shared.contracts.recruitment import CandidateApplied


class Candidate(Referring, Erasing, Moving, Reading):
    """One person's application to one programme at one site."""

    @classmethod
    def apply(
        cls,
        *,
        id: str,
        person: Person,
        site: str,
        programme: str,
        application: Application,
        anonymous: bool,
        consents: Consents,
        now: datetime,
    ) -> Self:
        """A person applies. Raises what `Application.must_be_complete` raises."""
        application.must_be_complete(person.email_key, consents=consents, now=now)
        candidate = cls(
            id=id,
            site=site,
            person=person.id,
            programme=programme,
            application=application,
            applied=now,
            anonymous=anonymous,
            email_key=person.email_key,
            likeness=person.likeness_beside(one.email for one in application.references),
        )
        candidate.record(CandidateApplied(site=site, person=person.id, candidate=id, programme=programme))
        return candidate
