"""Documents: in one of the ways a programme names, looked at by somebody else, returned with a reason."""

from collections.abc import Callable

import pytest

from services.training.domain.enrolment import Enrolment
from services.training.domain.evidence import DocumentState
from shared.domain.errors import Refusal
from tests.training.builders import MENTOR, PROGRAMMES, after, screened, text_of

PENNSYLVANIA = PROGRAMMES.version("pennsylvania-cps", 1)
NOW = after(days=1)


def enrolled() -> Enrolment:
    return Enrolment.open(screened(programme=PENNSYLVANIA.code), programme=PENNSYLVANIA, now=after(days=0))


def submit(
    enrolment: Enrolment, *, code: str = "work_or_studies", way: str = "credits", by: str = MENTOR
) -> None:
    enrolment.submit_document(code, way, "A transcript.", by=by, programme=PENNSYLVANIA, now=NOW)


def accept(enrolment: Enrolment, number: int = 1, *, by: str = "tom") -> None:
    enrolment.accept_document(number, by=by, programme=PENNSYLVANIA, now=NOW)


def send_back(enrolment: Enrolment, *, by: str = "tom", reason: str = "A page is missing.") -> None:
    enrolment.return_document(1, reason=reason, by=by, now=NOW)


def sentence(enrolment: Enrolment) -> tuple[bool, str]:
    readiness = enrolment.readiness(PENNSYLVANIA, now=NOW)
    (line,) = [one for one in readiness.requirements if one.code == "document.work_or_studies"]
    return line.met, line.sentence.removeprefix("Work or studies in the last three years: ")


def test_a_document_from_beginning_to_end() -> None:
    """It waits to be looked at, comes back with a reason, is sent again in another way, and is accepted."""
    enrolment = enrolled()
    ways = "12 months of work within the last three years or 24 credits of a college or the like"
    assert sentence(enrolment) == (False, f"still to show: {ways} within the last three years.")
    submit(enrolment)
    assert sentence(enrolment) == (False, "a trainer or certifier looks at it.")
    send_back(enrolment)
    assert sentence(enrolment)[0] is False
    submit(enrolment, way="work")
    accept(enrolment, 2)

    assert sentence(enrolment) == (True, "accepted.")
    assert [one.state for one in enrolment.evidence.documents] == [
        DocumentState.RETURNED,
        DocumentState.ACCEPTED,
    ]
    assert text_of(enrolment.evidence.documents[0].why).reason == "A page is missing."
    assert enrolment.standing
    assert "document.work_or_studies" not in enrolment.standing.unmet


@pytest.mark.parametrize(
    ("before", "ask", "code"),
    [
        ([], lambda it: submit(it, by="tom"), "document_not_own"),
        ([], lambda it: submit(it, code="diploma"), "document_unknown"),
        ([], lambda it: submit(it, way="luck"), "document_way_unknown"),
        ([submit], submit, "document_waiting"),
        ([submit, accept], submit, "document_accepted"),
        ([submit], lambda it: accept(it, by=MENTOR), "document_own_decision"),
        ([submit], lambda it: send_back(it, by=MENTOR), "document_own_decision"),
        ([submit], lambda it: accept(it, 7), "document_number_unknown"),
        ([submit, accept], accept, "document_decided"),
        ([submit, accept], send_back, "document_decided"),
        ([submit], lambda it: send_back(it, reason=" "), "reason_missing"),
    ],
)
def test_what_is_refused(
    before: list[Callable[[Enrolment], None]], ask: Callable[[Enrolment], None], code: str
) -> None:
    """Only the person submits, only others decide, each document once, and what comes back has a reason."""
    enrolment = enrolled()
    for step in before:
        step(enrolment)
    with pytest.raises(Refusal) as refused:
        ask(enrolment)

    assert refused.value.code == code
