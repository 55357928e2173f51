"""Appeals beside the decisions they are against: both are changed and saved together."""

from datetime import datetime

from services.training.domain.appeal import Against, Appeal, Outcome
from services.training.domain.certificate import Certificate
from services.training.domain.certification import Clocks
from services.training.domain.enrolment import Enrolment
from services.training.domain.history import EntryKind
from services.training.domain.programme import Programme
from shared.contracts.training import AppealedDecision
from shared.domain.errors import Conflict
from shared.domain.people import Actor

_DECISIONS = {
    EntryKind.SUSPENDED: AppealedDecision.SUSPENDED,
    EntryKind.REVOKED: AppealedDecision.REVOKED,
}


def appeal_against_standing(
    certificate: Certificate, *, words: str, by: Actor, clocks: Clocks, now: datetime
) -> Appeal:
    """The person appeals against the suspension or revocation that holds.

    Raises:
        Conflict: `nothing_to_appeal`.
        Forbidden, Conflict, Invalid: what `Appeal.make` raises.
    """
    standing = certificate.history.standing
    if standing is None or standing.kind not in _DECISIONS or standing.decided_by is None:
        raise Conflict(
            "nothing_to_appeal",
            "This certificate is neither suspended nor revoked. Nothing needs to be done.",
        )
    against = Against(decision=_DECISIONS[standing.kind], by=standing.decided_by, at=standing.decided)
    about = certificate.model_dump(include={"site", "person", "programme", "enrolment"})
    appeal = Appeal.make(
        about={**about, "certificate": certificate.id},
        against=against,
        words=words,
        by=by.person,
        clocks=clocks,
        now=now,
    )
    certificate.note_appeal(by=by, now=now)
    return appeal


def appeal_against_return(
    enrolment: Enrolment, *, words: str, by: Actor, clocks: Clocks, now: datetime
) -> Appeal:
    """The person appeals against the last time it was given back.

    Raises:
        Conflict: `nothing_to_appeal`.
        Forbidden, Conflict, Invalid: what `Appeal.make` raises.
    """
    if enrolment.returned is None:
        raise Conflict("nothing_to_appeal", "This was not given back. Nothing needs to be done.")
    last = enrolment.returns[-1]
    about = enrolment.model_dump(include={"site", "person", "programme", "certificate"})
    return Appeal.make(
        about={**about, "enrolment": enrolment.id},
        against=Against(decision=AppealedDecision.RETURNED, by=last.by, at=last.at),
        words=words,
        by=by.person,
        clocks=clocks,
        now=now,
    )


def decide_on_standing(
    appeal: Appeal, certificate: Certificate, outcome: Outcome, *, by: Actor, reason: str, now: datetime
) -> None:
    """An appeal against a suspension or revocation is decided; upheld, that was never so.

    Raises:
        Forbidden, Conflict, Invalid: what `Appeal.decide` raises.
        Conflict: `decision_undone_meanwhile`.
    """
    appeal.decide(outcome, by=by, reason=reason, now=now)
    if outcome is Outcome.DISMISSED:
        certificate.dismiss_appeal(by=by, reason=reason, now=now)
    else:
        certificate.uphold_appeal(against=appeal.against.at, by=by, reason=reason, now=now)
        certificate.watch_the_end_again(now)


def decide_on_return(
    appeal: Appeal,
    enrolment: Enrolment,
    outcome: Outcome,
    *,
    programme: Programme,
    by: Actor,
    reason: str,
    now: datetime,
) -> None:
    """An appeal against something given back is decided; upheld, another certifier looks at it.

    Raises:
        Forbidden, Conflict, Invalid: what `Appeal.decide` raises.
        Conflict: `decision_undone_meanwhile`.
    """
    appeal.decide(outcome, by=by, reason=reason, now=now)
    if outcome is Outcome.UPHELD:
        enrolment.overrule_return(against=appeal.against.at, programme=programme, now=now)
