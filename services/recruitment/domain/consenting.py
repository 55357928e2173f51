"""What an applicant agrees to after they applied, and takes back."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.consents import Consent, Consents
from shared.domain.errors import Conflict


class Consenting(Candidacy):
    """The rules of `Candidate` about consents; the routes see to it that nobody else gives them."""

    def has_agreed_to(self, code: str) -> bool:
        """Is this consent given, and not taken back?"""
        return any(one.code == code and one.withdrawn is None for one in self.application.consents)

    def agree_to(self, code: str, version: str, *, consents: Consents, now: datetime) -> None:
        """The person agrees, to the version in force; what they agreed to before is kept as history.

        Raises what `Consents.must_accept` raises.
        """
        consents.must_accept(code, version, now=now)
        kept = self.application.consents
        if any((one.code, one.version, one.withdrawn) == (code, version, None) for one in kept):
            return
        self._consents_are((*kept, Consent(code=code, version=version, given=now)))

    def take_back(self, code: str, *, consents: Consents, now: datetime) -> None:
        """The person no longer agrees; taking back what was not given changes nothing.

        Raises:
            Invalid: `consent_unknown`.
            Conflict: `consent_required`; the application itself would have to be taken back.
        """
        terms = consents.must_be_known(code)
        if terms.required and self.stage.holds_place:
            raise Conflict(
                "consent_required",
                f"Without {code} nobody may handle this application, so taking it back means taking back the "
                "application: use its withdrawal. You can always apply again.",
            )
        self._consents_are(
            tuple(
                one.model_copy(update={"withdrawn": now}) if one.code == code and not one.withdrawn else one
                for one in self.application.consents
            )
        )

    def _consents_are(self, consents: tuple[Consent, ...]) -> None:
        self.application = self.application.model_copy(update={"consents": consents})
