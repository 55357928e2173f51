"""Whom an applicant named to speak for them, and what their speaking does to the check."""

from datetime import datetime

from services.recruitment.domain.application import Referee
from services.recruitment.domain.checking import Checking
from services.recruitment.domain.checks import Check, CheckKind, CheckResult
from services.recruitment.domain.consenting import Consenting
from services.recruitment.domain.consents import CONTACT_REFEREES
from services.recruitment.domain.likeness import mailbox_of
from services.recruitment.domain.person import KnownActor
from shared.domain.errors import Conflict, Forbidden, NotFound


class Referring(Consenting, Checking):
    """The rules of `Candidate` about references."""

    def referee_for(self, by: KnownActor, number: int) -> Referee:
        """The referee of this number, counted from 1, where this coordinator may ask them or note what they said.

        Raises:
            Conflict: `application_closed`, `referees_not_to_be_contacted`.
            Forbidden: `own_application`, `own_reference`.
            NotFound: `referee_unknown`.
        """
        self._must_be_open()
        self.must_be_handled_by(by)
        self.must_have_named(number)
        if not self.has_agreed_to(CONTACT_REFEREES):
            raise Conflict(
                "referees_not_to_be_contacted",
                f"The applicant has not agreed to {CONTACT_REFEREES}. Ask them; they agree under their application.",
            )
        referee = self.application.references[number - 1]
        if by.email_key is not None and mailbox_of(by.email_key) == mailbox_of(referee.email):
            raise Forbidden(
                "own_reference", "You are the one to speak here; have another coordinator see to it."
            )
        return referee

    def must_be_handled_by(self, by: KnownActor) -> None:
        """Nobody sees to the references about themself. Raises Forbidden `own_application`."""
        self._must_not_be_about(by, doing="see to references about")

    def must_have_named(self, number: int) -> None:
        """Is there a referee of this number? Raises NotFound `referee_unknown`."""
        named = len(self.application.references)
        if not 1 <= number <= named:
            raise NotFound("referee_unknown", f"There is no referee {number}; the applicant named {named}.")

    def references_asked(self, *, by: str, now: datetime) -> None:
        """The first of them was asked for; what a coordinator noted before stays."""
        if not any(one.check is CheckKind.REFERENCES for one in self.checks):
            self._references_stand(CheckResult.REQUESTED, by, now)

    def reference_came(self, number: int, *, by: str, now: datetime) -> bool:
        """A referee has spoken. Are all of them in? Then the check is received; clearing it is for a coordinator.

        Kept here, so that of two who speak at the same moment one is the last.
        """
        self.referees_heard = tuple(sorted({*self.referees_heard, number}))
        all_in = len(self.referees_heard) == len(self.application.references)
        if all_in:
            self._references_in(by, now)
        return all_in

    def _references_in(self, by: str, now: datetime) -> None:
        found = next((one for one in self.checks if one.check is CheckKind.REFERENCES), None)
        if self.stage.open and (found is None or found.result is CheckResult.REQUESTED):
            self._references_stand(CheckResult.RECEIVED, by, now)

    def _references_stand(self, result: CheckResult, by: str, now: datetime) -> None:
        noted = Check(check=CheckKind.REFERENCES, result=result, recorded_by=by, recorded=now)
        self._now_stands(noted, now)
