"""How an enrolment comes to be: by an acceptance, which was the decision."""

from datetime import datetime

from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programmes
from shared.contracts.recruitment import CandidateScreened, ScreeningOutcome
from shared.domain.errors import NotFound


def opened_by(screened: CandidateScreened, *, programmes: Programmes, at: datetime) -> Enrolment | None:
    """The enrolment that a decision made `at` some time opens, under the programme in force there then.

    None unless it is an acceptance. Raises NotFound `programme_unknown`.
    """
    if screened.outcome is not ScreeningOutcome.ACCEPTED:
        return None
    programme = programmes.current(screened.programme, now=at, site=screened.site)
    return Enrolment.open(screened, programme=programme, now=at)


def known(enrolment: Enrolment | None) -> Enrolment:
    """The enrolment an event of supervised work is about. Raises NotFound `enrolment_unknown`."""
    if enrolment is None:
        raise NotFound(
            "enrolment_unknown", "Supervised work was heard of for somebody who is not enrolled here."
        )
    return enrolment
