"""From the cells of one row to what a person hands in, by the same rules as the form's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from services.recruitment.domain.application import Application, ApplicationText, Referee
from services.recruitment.domain.consents import Consent, Consents
from services.recruitment.domain.entered import ExternalId
from services.recruitment.domain.importing.columns import REQUIRED
from services.recruitment.domain.importing.faults import Fault
from services.recruitment.domain.person import Contact
from shared.domain.errors import Refusal
from shared.domain.sealed import Sealed

V = TypeVar("V", bound=BaseModel)
CONSENTS_AT_MOST = 20
"""As in the form."""

_EXTERNAL_ID: TypeAdapter[str] = TypeAdapter(ExternalId)
_YES = frozenset({"yes", "y", "true", "1", "x", "si", "sí", "s", "verdadero"})
_NO = frozenset({"no", "n", "false", "0", "falso"})
_COLUMN_OF = {
    "lived_experience_not_attested": "lived_experience",
    "consent_missing": "consents",
    "consent_unknown": "consents",
    "consent_not_in_force": "consents",
    "references_incomplete": "reference_1_email",
    "statement_too_long": "statement",
}
"""Where to look for what the form would refuse."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a row says."""

    contact: Contact
    application: Application
    external_id: str | None


def read_row(cells: Mapping[str, str], *, consents: Consents, now: datetime) -> Read | tuple[Fault, ...]:
    """What the cells say, or everything that is wrong with them."""
    faults = [Fault(column=column, code="cell_missing") for column in REQUIRED if column not in cells]
    if faults:
        return tuple(faults)
    return _Reading(cells, consents, now).read()


class _Reading:
    """One row being read: goes on after a fault, so that all are told at once."""

    def __init__(self, cells: Mapping[str, str], consents: Consents, now: datetime) -> None:
        self._cells = cells
        self._known = consents
        self._now = now
        self._faults: list[Fault] = []

    def read(self) -> Read | tuple[Fault, ...]:
        contact = self._made(Contact, {}, "name", "email", "phone", "language", "time_zone")
        referees = [
            self._made(Referee, {"name": f"reference_{at}_name", "email": f"reference_{at}_email"})
            for at in (1, 2)
        ]
        text = self._made(ApplicationText, {}, "statement", "availability", "accessibility_needs")
        lived, consents = self._lived(), tuple(self._consents())
        external_id = self._external_id()
        if self._faults or contact is None or text is None:
            return tuple(self._faults)
        application = Application(
            lived_experience=lived,
            consents=consents,
            references=tuple(one for one in referees if one),
            text=Sealed.of(text),
        )
        try:
            application.must_be_complete(contact.email_key, consents=self._known, now=self._now)
        except Refusal as refusal:
            return (Fault(column=_COLUMN_OF.get(refusal.code, ""), code=refusal.code),)
        return Read(contact=contact, application=application, external_id=external_id)

    def _made(self, kind: type[V], columns: Mapping[str, str], *same: str) -> V | None:
        by_field = {**columns, **{name: name for name in same}}
        values = {field: self._cells[column] for field, column in by_field.items() if column in self._cells}
        try:
            return kind.model_validate(values)
        except ValidationError as problem:
            for error in problem.errors(include_input=False, include_url=False):
                self._fault(by_field[str(error["loc"][0])], error)
            return None

    def _fault(self, column: str, error: Any) -> None:
        kind = str(error["type"])
        code = "cell_too_long" if kind == "string_too_long" else _CODES.get(column, "cell_invalid")
        self._faults.append(Fault(column=column, code=code))

    def _lived(self) -> bool:
        word = self._cells["lived_experience"].strip().casefold()
        if word not in _YES | _NO:
            self._faults.append(Fault(column="lived_experience", code="yes_or_no_needed"))
        return word in _YES

    def _consents(self) -> Iterator[Consent]:
        given = self._consented_on()
        parts = self._cells["consents"].replace(";", "|").split("|")
        try:
            for part in parts[:CONSENTS_AT_MOST]:
                code, _, version = part.strip().partition("@")
                yield Consent(code=code.strip(), version=version.strip(), given=given)
        except ValidationError:
            self._faults.append(Fault(column="consents", code="consents_unreadable"))
        else:
            if len(parts) > CONSENTS_AT_MOST:
                self._faults.append(Fault(column="consents", code="too_many_consents"))

    def _consented_on(self) -> datetime:
        told = self._cells.get("consented_on")
        if told is None:
            return self._now
        try:
            day = datetime.strptime(told.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            day = None
        if day is None or day > self._now or day.year < 1900:
            self._faults.append(Fault(column="consented_on", code="day_invalid"))
            return self._now
        return day

    def _external_id(self) -> str | None:
        told = self._cells.get("external_id")
        try:
            return None if told is None else _EXTERNAL_ID.validate_python(told)
        except ValidationError as problem:
            self._fault("external_id", problem.errors(include_input=False)[0])
            return None


_CODES = {
    "name": "name_unreadable",
    "reference_1_name": "name_unreadable",
    "reference_2_name": "name_unreadable",
    "email": "email_invalid",
    "reference_1_email": "email_invalid",
    "reference_2_email": "email_invalid",
    "language": "language_invalid",
    "time_zone": "time_zone_unknown",
}
