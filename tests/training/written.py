"""One person's records with every kind of text that anybody writes about them, each with a number of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from services.training.domain.appeal import Appeal, Outcome
from services.training.domain.appealing import appeal_against_standing, decide_on_standing
from services.training.domain.attempt import AttemptState
from services.training.domain.attempts import Allowance
from services.training.domain.certificate import Certificate
from services.training.domain.education import EducationDraft
from services.training.domain.enrolled import Moved, MovedText
from services.training.domain.enrolment import Enrolment
from services.training.domain.evidence import Document, DocumentText
from services.training.domain.help import HelpRequest, HelpTopic
from services.training.domain.module import Delivery
from services.training.domain.practice_log import LogDraft
from services.training.domain.reason import sealed
from services.training.domain.returning import Return, ReturnText
from shared.domain.aggregate import Aggregate
from shared.domain.people import Actor
from shared.domain.sealed import Sealed
from tests.training.builders import (
    ASSESSOR,
    CERTIFIER,
    CORE,
    MENTOR,
    OPENED,
    SITE,
    TRAINER,
    after,
    assess,
    complete,
    granted,
    opened,
    ready,
    scores,
)
from tests.training.domain.test_certificate import certifier
from tests.training.rich import RICH, hand_in

SECRET = "nobody else is to read this"


@dataclass(frozen=True, kw_only=True)
class Written:
    """`texts` is how many there are, numbered from 1; the last is the answer that waits for a review."""

    enrolment: Enrolment
    certificate: Certificate
    appeal: Appeal
    help: HelpRequest
    texts: int

    @property
    def all(self) -> tuple[Aggregate, ...]:
        return self.enrolment, self.certificate, self.appeal, self.help


def written() -> Written:
    numbers = count(1)
    texts = (f"{SECRET} {number}." for number in numbers)
    enrolment = opened()
    _hand_in_and_return(enrolment, texts)
    _decide(enrolment, texts)
    certificate, appeal = _suspended(texts)
    request = HelpRequest.ask(
        id="help-1",
        about={"site": SITE, "person": MENTOR, "programme": "core", "enrolment": enrolment.id},
        topic=HelpTopic.HOW_I_AM,
        question=next(texts),
        now=after(days=1),
    )
    request.answer(next(texts), by=TRAINER, now=after(days=2))
    _attempts(enrolment, texts)
    return Written(
        enrolment=enrolment, certificate=certificate, appeal=appeal, help=request, texts=next(numbers) - 1
    )


def _hand_in_and_return(enrolment: Enrolment, texts: Iterator[str]) -> None:
    now = after(days=9)
    asked: dict[str, Any] = {"documents": (), "programme": RICH, "now": now}
    enrolment.ask_for_recognition("communication", None, id="r-1", evidence=next(texts), **asked)
    enrolment.return_recognition("r-1", reason=next(texts), would_help=next(texts), by=TRAINER, now=now)
    kind, day = Delivery.SUPERVISED_PRACTICE, date(2026, 3, 10)
    log = LogDraft(module="crisis_response", kind=kind, beside="sam", day=day, hours=2, note=next(texts))
    enrolment.log_practice(log, id="l-1", mentor_certified=False, programme=RICH, now=now)
    enrolment.return_log("l-1", by="sam", reason=next(texts), now=now)
    course = EducationDraft(title=next(texts), provider="academy", day=day, hours=3, bucket="ethics")
    enrolment.submit_education(course, id="e-1", now=now)
    enrolment.return_education("e-1", by=TRAINER, reason=next(texts), now=now)


def _decide(enrolment: Enrolment, texts: Iterator[str]) -> None:
    """What other programmes and certifiers write, put where their rules would."""
    about: dict[str, Any] = {"at": OPENED, "by": CERTIFIER.person}
    shown = Document(
        number=1, code="work", way="work", submitted=OPENED,
        text=Sealed.of(DocumentText(reference=next(texts))), why=sealed(next(texts)),
    )  # fmt: skip
    enrolment.evidence = enrolment.evidence.with_document(shown)
    moved = Sealed.of(MovedText(reason=next(texts)))
    enrolment.moves = (Moved(from_version=1, to_version=1, text=moved, **about),)
    said = Sealed.of(ReturnText(reason=next(texts), what_helps=next(texts)))
    enrolment.returns = (Return(renewal=False, text=said, **about),)
    record = enrolment.learning.assessment("written")
    allowed = record.allowing_another(Allowance(by=TRAINER, at=OPENED, why=sealed(next(texts))))
    enrolment.learning = enrolment.learning.with_assessment(allowed)


def _suspended(texts: Iterator[str]) -> tuple[Certificate, Appeal]:
    certificate = granted(ready())
    certificate.suspend(by=CERTIFIER, reason=next(texts), now=after(days=80))
    clocks = CORE.certification.clocks
    me = Actor(person=MENTOR)
    appeal = appeal_against_standing(certificate, words=next(texts), by=me, clocks=clocks, now=after(days=81))
    by = certifier("certifier-col")
    decide_on_standing(appeal, certificate, Outcome.DISMISSED, by=by, reason=next(texts), now=after(days=82))
    return certificate, appeal


def _attempts(enrolment: Enrolment, texts: Iterator[str]) -> None:
    complete(enrolment)
    assess(enrolment, scores(), notes=next(texts), programme=RICH)
    first = hand_in(enrolment, text="Nothing to read here.", now=after(days=23))
    points = {"com_open": {"listens": 0, "reason": 0}}
    enrolment.review_answers(
        "written", first, points, by=ASSESSOR, supervisors=(), reason=next(texts), programme=RICH,
        now=after(days=24),
    )  # fmt: skip
    hand_in(enrolment, text=next(texts), now=after(days=25))


def as_once_stored(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with its text in plain form, and two authors' words side by side."""
    row: dict[str, Any] = _plain(document)
    if "learning" not in row:
        for second in ("why", "answered"):
            if second in row:
                row["text"] |= row.pop(second)
        return row
    for record in row["learning"]["assessments"]:
        for attempt in record["attempts"]:
            _attempt_as_once_stored(attempt)
        for allowance in record["allowances"]:
            allowance.update(allowance.pop("why"))
    for one, name in [
        *((log, "return_reason") for log in row["learning"]["logs"]),
        *((course, "return_reason") for course in row["education"]["entries"]),
        *((document, "reason") for document in row["evidence"]["documents"]),
    ]:
        one["text"][name] = one.pop("why")["reason"]
    for asked in row["learning"]["recognitions"]:
        asked["text"] |= asked.pop("why")
    return row


def _attempt_as_once_stored(attempt: dict[str, Any]) -> None:
    del attempt["written"]
    attempt["notes"] = (attempt["notes"] or {"notes": ""})["notes"]
    answers = (attempt["text"] or {"answers": {}})["answers"]
    attempt["text"] = {"answers": answers, **(attempt.pop("why") or {"reason": ""})}
    assert attempt["state"] in {*AttemptState}


def _plain(value: Any) -> Any:
    if isinstance(value, Sealed):
        return dict(value.to_seal())
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
