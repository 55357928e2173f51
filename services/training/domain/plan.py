"""The learning plan: what is done, what is next, what is blocked and why, in sentences."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, get_args

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.learning import Learning
from services.training.domain.module import Module
from services.training.domain.programme import Programme
from services.training.domain.readiness import Readiness
from services.training.domain.wording import counted
from shared.domain.aggregate import Value

_LEARNING = ("modules", "training_hours", "assessment.")
"""Requirements the modules and assessments speak for themselves."""
_PRACTICE = ("supervised_hours", "performance_reviews")
"""Requirements of supervised work."""

Place = Literal["done", "next", "blocked"]


class Step(Value):
    """One line of the plan: where it belongs and its sentence."""

    at: Place
    sentence: str


class Plan(Value):
    """Sentences in the programme's order. While the training pauses, everything the person could do waits."""

    paused: bool = False
    done: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


def plan_of(
    learning: Learning,
    readiness: Readiness,
    programme: Programme,
    *,
    paused: bool,
    certified: bool,
    now: datetime,
) -> Plan:
    """The plan as it stands now."""
    steps = (
        *_modules(learning, programme),
        *_assessments(learning, programme, now),
        *_others(readiness, trained=learning.is_complete(programme)),
    )
    done, following, blocked = (_sentences(steps, place) for place in get_args(Place))
    if certified:
        return Plan(done=(*done, "Your certificate is granted."), next=following, blocked=blocked)
    decides = ("Everything is there; a certifier of your site decides now.",) if readiness.complete else ()
    if paused:
        rest = "Your training pauses. Resume it whenever it suits you; everything is kept as it is."
        return Plan(paused=True, done=done, next=(rest, *decides), blocked=(*following, *blocked))
    return Plan(done=done, next=(*following, *decides), blocked=blocked)


def _sentences(steps: Iterable[Step], place: Place) -> tuple[str, ...]:
    return tuple(step.sentence for step in steps if step.at == place)


def _modules(learning: Learning, programme: Programme) -> Iterator[Step]:
    for module in programme.modules:
        progress = learning.module(module.code)
        missing = learning.missing(module.requires)
        if progress.completed:
            hours = counted(progress.hours, "hour")
            yield Step(at="done", sentence=f"{module.title} is completed, with {hours}.")
        elif missing:
            yield Step(at="blocked", sentence=f"{module.title} opens after {programme.titles(missing)}.")
        else:
            yield Step(at="next", sentence=_go_on(module, progress.percent))


def _go_on(module: Module, percent: int) -> str:
    if percent == 0:
        return f"Begin {module.title}, {counted(module.minimum_hours.value, 'hour')} or more."
    if percent < 100:
        return f"Go on with {module.title} at “{module.part_at(percent).title}”; {percent}% is done."
    return f"{module.title} is at 100%; a trainer of your site signs it."


def _assessments(learning: Learning, programme: Programme, now: datetime) -> Iterator[Step]:
    for assessment in programme.assessments:
        record = learning.assessment(assessment.code)
        missing = learning.missing(assessment.requires)
        left = record.attempts_left(assessment)
        if record.passed:
            yield Step(at="done", sentence=f"{assessment.title} is passed.")
        elif missing:
            yield Step(at="blocked", sentence=f"{assessment.title} opens after {programme.titles(missing)}.")
        elif under_way := record.under_way(now):
            sentence = f"Finish attempt {under_way.number} at {assessment.title}, which is under way."
            yield Step(at="next", sentence=sentence)
        elif not left:
            sentence = f"{assessment.title} waits for a trainer of your site, who can open another attempt."
            yield Step(at="blocked", sentence=sentence)
        else:
            do = (
                "Take" if isinstance(assessment, WrittenAssessment) else "Arrange a date with an assessor for"
            )
            yield Step(at="next", sentence=f"{do} {assessment.title}; {counted(left, 'attempt')} left.")


def _others(readiness: Readiness, *, trained: bool) -> Iterator[Step]:
    for requirement in readiness.requirements:
        if requirement.code.startswith(_LEARNING):
            continue
        if requirement.met:
            yield Step(at="done", sentence=requirement.sentence)
        elif requirement.code.startswith("check."):
            yield Step(at="blocked", sentence=f"{requirement.sentence} Your site sees to it.")
        elif requirement.code.startswith(_PRACTICE) and not trained:
            yield Step(
                at="blocked", sentence=f"{requirement.sentence} Supervised work begins after training."
            )
        else:
            yield Step(at="next", sentence=requirement.sentence)
