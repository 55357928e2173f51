"""A programme with everything the core one does without: open questions, two assessors, waits, logs."""

from datetime import datetime
from typing import Any

from services.training.domain.attempt import Attempt
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme, Programmes
from services.training.domain.question import Choice, Question, QuestionKind
from tests.training.builders import CORE, after, opened

FIGURE: dict[str, Any] = {"source": "A test's own", "confirmed": False}
OPEN_QUESTION: dict[str, Any] = {
    "code": "com_open",
    "module": "communication",
    "text": "Somebody says they feel like a burden. What do you say first, and why?",
    "rubric": [
        {"code": "listens", "shows": "Listens before it advises", "points": 2},
        {"code": "reason", "shows": "Gives a reason that fits", "points": 1},
    ],
}
SEVERAL: dict[str, Any] = {
    "code": "bou_several",
    "module": "boundaries_ethics",
    "text": "Which of these do you take to supervision?",
    "options": {"a": "A gift", "b": "A good day", "c": "A friend request"},
    "all_right": ["a", "c"],
}


def programme(
    *,
    questions: tuple[dict[str, Any], ...] | None = (OPEN_QUESTION, SEVERAL),
    assessors: int = 1,
    assessor_may_supervise: bool = False,
    wait_hours: float | None = None,
    shadowing_hours: float | None = None,
) -> Programme:
    """The core programme with this on top; every question of a small bank is drawn, so that all come up."""
    data = CORE.model_dump()
    written, practical = data["assessments"]
    if questions:
        one_each = {question["module"]: question for question in reversed(written["questions"])}
        written["questions"] = [*one_each.values(), *questions]
        written["draw_size"]["value"] = len(written["questions"])
    if wait_hours is not None:
        written["wait"] = {"value": wait_hours, **FIGURE}
    practical |= {"assessors": assessors, "assessor_may_supervise": assessor_may_supervise}
    if shadowing_hours is not None:
        module = next(module for module in data["modules"] if module["code"] == "communication")
        module["delivery"] = (*module["delivery"], "shadowing")
        module["shadowing_hours"] = {"value": shadowing_hours, **FIGURE}
    return Programme.model_validate(data)


RICH = programme(shadowing_hours=4)
RICH_PROGRAMMES = Programmes([RICH])


def learnt(rules: Programme = RICH) -> Enrolment:
    """Every module recognised by a trainer, so that assessments are open."""
    enrolment = opened()
    for module in rules.modules:
        enrolment.ask_for_recognition(
            module.code, None, id=f"r-{module.code}", evidence="Before.", documents=(),
            programme=rules, now=after(days=1),
        )  # fmt: skip
        hours = module.minimum_hours.value
        enrolment.recognise(
            f"r-{module.code}", hours=hours, by="trainer-tom", programme=rules, now=after(days=2)
        )
    return enrolment


def right_choice(question: Question) -> Choice:
    """What is right: one option, or several."""
    return question.all_right if question.kind is QuestionKind.MULTIPLE else str(question.right)


def all_right(attempt: Attempt, rules: Programme = RICH) -> dict[str, Choice]:
    """The right choices of every drawn question that has options."""
    drawn = [rules.written("written").question(code) for code in attempt.questions]
    return {q.code: right_choice(q) for q in drawn if q.kind is not QuestionKind.OPEN}


def hand_in(
    enrolment: Enrolment, *, text: str = "I'd listen.", rules: Programme = RICH, now: datetime | None = None
) -> int:
    """A written attempt with every choice right and this answer to the open question; its number."""
    now = now or after(days=3)
    attempt = enrolment.start_attempt("written", seed="s", programme=rules, now=now)
    enrolment.answer(
        "written",
        attempt.number,
        all_right(attempt, rules),
        texts={"com_open": text},
        programme=rules,
        now=now,
    )
    return attempt.number
