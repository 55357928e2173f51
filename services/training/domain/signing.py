"""Signing a module for everybody who was there: each enrolment by its own rule, with the hours of attendance."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.training.domain.attendance import ModuleHours
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programmes
from services.training.domain.wording import counted, listed
from shared.contracts.envelope import Code, Id
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, NotFound, Refusal


class Signed(Value):
    """A module is completed, with these hours."""

    person: Id
    hours: float


class NotSigned(Value):
    """Nothing was signed for this person; `code` and `message` say why, and what to do."""

    person: Id
    code: Code
    message: str


class Signatures(Value):
    """What came of it, for each person."""

    module: Code
    signed: tuple[Signed, ...]
    refused: tuple[NotSigned, ...]


def sign(
    cohort: Cohort,
    module: str,
    people: Sequence[str],
    *,
    enrolments: Mapping[str, Enrolment],
    programmes: Programmes,
    by: str,
    now: datetime,
) -> Signatures:
    """Sign the module for each of these people; `enrolments` are by person.

    What is refused for one changes nothing about the others: a rule refuses before it changes anything.
    """
    hours = {seat.person: cohort.hours_of(seat, module) for seat in cohort.learners}
    signed: list[Signed] = []
    refused: list[NotSigned] = []
    for person in dict.fromkeys(people):
        try:
            attended, enrolment = _signable(cohort, hours.get(person), enrolments.get(person))
            enrolment.complete_module(
                module, hours=attended.hours, by=by, programme=enrolment.rules(programmes), now=now
            )
        except Refusal as why:
            refused.append(NotSigned(person=person, code=why.code, message=why.message))
        else:
            signed.append(Signed(person=person, hours=attended.hours))
    return Signatures(module=module, signed=tuple(signed), refused=tuple(refused))


def _signable(
    cohort: Cohort, attended: ModuleHours | None, enrolment: Enrolment | None
) -> tuple[ModuleHours, Enrolment]:
    if attended is None or enrolment is None:
        raise NotFound("not_in_cohort", "This person has no place in this cohort.")
    if enrolment.site != cohort.site:
        raise Conflict(
            "enrolment_at_another_site",
            f"This training goes on at {enrolment.site}: a trainer there signs what was learnt here.",
        )
    if not attended.complete:
        raise Conflict(
            "attendance_incomplete",
            f"Still to come, or to be made up: {counted(len(attended.left), 'session')} of this module "
            f"({listed(attended.left)}).",
        )
    return attended, enrolment
