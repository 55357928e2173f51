"""A person's way from application to a coordinator's decision."""

from datetime import datetime
from typing import Self

from services.recruitment.domain.application import Application
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.entered import Entered
from services.recruitment.domain.erasing import Erasing
from services.recruitment.domain.moving import Moving
from services.recruitment.domain.person import Person
from services.recruitment.domain.reading import Reading
from services.recruitment.domain.referring import Referring
from shared.contracts.recruitment import CandidateApplied, CandidateTakenOut


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
        entered: Entered | None = None,
        announce: bool = True,
    ) -> Self:
        """A person applies, or somebody enters them; `announce` has them told that it was received.

        Raises what `Application.must_be_complete` raises.
        """
        application.must_be_complete(person.email_key, consents=consents, now=now)
        candidate = cls(
            id=id,
            site=site,
            person=person.id,
            programme=programme,
            application=application,
            applied=now,
            stage_since=now,
            entered=entered,
            anonymous=anonymous,
            email_key=person.email_key,
            likeness=person.likeness_beside(one.email for one in application.references),
        )
        candidate.record(
            CandidateApplied(
                site=site,
                person=person.id,
                candidate=id,
                programme=programme,
                entered_by=entered.by if entered else None,
                imported_in=entered.imported_in if entered else None,
                announce=announce,
            )
        )
        return candidate

    @property
    def untouched(self) -> bool:
        """Has nothing happened to it since it came in?"""
        return self.version == 1

    def take_out(self, *, by: str) -> None:
        """It was imported by mistake, and counts as never made.

        It announces that, and is deleted all the same: no later application ever has the id of an imported one.
        """
        assert self.entered is not None
        assert self.entered.imported_in is not None
        self.record(
            CandidateTakenOut(
                **self._about(),
                by=by,
                imported_in=self.entered.imported_in,
            )
        )
        self.forget()
