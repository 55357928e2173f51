"""What can be wrong with a row, each with what to do about it. A fault never repeats what the cell says."""

from collections.abc import Mapping

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

REMEDIES: Mapping[str, str] = {
    "cell_missing": "This cell may not be empty; fill it in.",
    "cell_invalid": "This can't be taken as it is; correct it or leave the cell empty.",
    "cell_too_long": "This is longer than the form allows; shorten it.",
    "row_too_long": "The row has more cells than there are titles; look for a delimiter without quotation marks.",
    "name_unreadable": "A name has letters, and neither line breaks nor control characters.",
    "email_invalid": "This is no e-mail address; correct it.",
    "language_invalid": "Write a language as its code, such as en or es.",
    "time_zone_unknown": "Write an IANA time zone, such as Europe/Madrid.",
    "yes_or_no_needed": "Write yes or no.",
    "consents_unreadable": "Write each consent as code@version, with | between them: data_processing@1.",
    "too_many_consents": "The form takes 20 consents at most; leave out what was not signed.",
    "day_invalid": "Write a day that has been as YYYY-MM-DD.",
    "lived_experience_not_attested": "Peer mentors have lived experience themselves; without it leave the row out.",
    "consent_missing": "A consent that is needed to handle an application is missing; ask for it first.",
    "consent_unknown": "There is no such consent; GET /v1/consents lists them.",
    "consent_not_in_force": "That version did not count on the day it was signed; correct either, or ask again.",
    "references_incomplete": "Name two different people who can speak for the applicant, not the applicant.",
    "statement_too_long": "The statement has more words than the form allows; shorten it.",
    "email_twice_in_file": "An earlier row has the same address; keep one of them.",
    "external_id_twice_in_file": "An earlier row has the same external id; correct one of them.",
    "email_already_there": "There is an application under this address already; enter a new one by hand.",
    "external_id_already_there": "An application with this external id is there already; nothing is to be done.",
}
_OTHER = "The form would refuse this; correct it."


class Fault(Value):
    """What is wrong in which column; the column is empty where it is the row as a whole."""

    column: str
    code: Code

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES.get(self.code, _OTHER)
