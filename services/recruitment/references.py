"""What several aggregates do together when a reference is asked for, comes in or is no longer wanted."""

from services.recruitment.domain.application import REFERENCES
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.reference import Reference, ReferenceAnswer, reference_id
from services.recruitment.domain.reference_form import ReferenceForm
from shared.messaging.work import Work

NUMBERS = range(1, REFERENCES + 1)


async def reference_of(work: Work, candidate: Candidate, number: int) -> Reference:
    """The reference of this referee, new where nobody was asked yet."""
    found = await work.find(Reference, reference_id(candidate.id, number))
    if found is None:
        found = Reference.of(candidate, number)
        work.add(found)
    return found


def come_in(reference: Reference, candidate: Candidate, answer: ReferenceAnswer, form: ReferenceForm) -> None:
    """One referee has spoken; the last of them makes the check `received`. Raises what `receive` raises."""
    by = answer.taken_by or reference.id
    all_in = candidate.reference_came(reference.referee, by=by, now=answer.given)
    reference.receive(answer, form=form, all_in=all_in)


async def no_longer_wanted(work: Work, candidate: Candidate) -> None:
    """Links that still work lead nowhere from now on."""
    for number in NUMBERS:
        found = await work.find(Reference, reference_id(candidate.id, number))
        if found is not None:
            found.withdraw()
