"""The learning plan: what is done, what is next, what is blocked and why, in sentences."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempt import AnyAssessment, Attempt
from services.training.domain.education import Education
from services.training.domain.learning import Learning
from services.training.domain.module import Delivery, Module
from services.training.domain.programme import Programme
from services.training.domain.progress import ModuleProgress
from services.training.domain.readiness import Readiness
from services.training.domain.step import Place, Step
from services.training.domain.waiting import waiting
from services.training.domain.wording import counted
from shared.domain.aggregate import Value

_LEARNING = ("modules", "training_hours", "assessment.")
"""Requirements the modules and assessments speak for themselves."""
_PRACTICE = ("supervised_hours", "supervision_hours", "performance_reviews")
"""Requirements of supervised work."""
_LOGGED = {Delivery.SHADOWING: "shadowing", Delivery.SUPERVISED_PRACTICE: "supervised practice"}


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
    education: Education,
    paused: bool,
    certified: bool,
    now: datetime,
    help_asked: int = 0,
) -> Plan:
    """The plan as it stands now. `help_asked` is for the person's own eyes: 0 for everybody else."""
    steps = (
        *_modules(learning, programme),
        *_assessments(learning, programme, now),
        *waiting(learning, education, programme, help_asked=help_asked),
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
            how = "recognised from what you learnt before" if progress.recognition else "completed"
            yield Step(at="done", sentence=f"{module.title} is {how}, with {hours}.")
        elif missing:
            yield Step(at="blocked", sentence=f"{module.title} opens after {programme.titles(missing)}.")
        else:
            yield Step(at="next", sentence=_go_on(module, progress))
            yield from _to_log(module, learning)


def _go_on(module: Module, progress: ModuleProgress) -> str:
    percent = progress.percent
    if percent == 0:
        begin = f"Begin {module.title}, {counted(module.minimum_hours.value, 'hour')} or more"
        alone = Delivery.SELF_PACED in module.delivery
        return f"{begin}." if alone else f"{begin}: join a date of one of your site's cohorts."
    if percent < 100:
        return f"Go on with {module.title} at “{progress.resume_at(module).title}”; {percent}% is done."
    return f"{module.title} is at 100%; a trainer of your site signs it."


def _to_log(module: Module, learning: Learning) -> Iterator[Step]:
    for kind, what in _LOGGED.items():
        have, need = learning.logged(module.code, kind), module.required_log(kind)
        if have < need:
            sentence = (
                f"{module.title}: {have:g} of {counted(need, 'hour')} of {what} confirmed; log your days."
            )
            yield Step(at="next", sentence=sentence)


def _assessments(learning: Learning, programme: Programme, now: datetime) -> Iterator[Step]:
    for assessment in programme.assessments:
        record = learning.assessment(assessment.code)
        missing = learning.missing(assessment.requires)
        left, opens = record.attempts_left(assessment), record.opens_again(assessment)
        if record.passed:
            yield Step(at="done", sentence=f"{assessment.title} is passed.")
        elif missing:
            yield Step(at="blocked", sentence=f"{assessment.title} opens after {programme.titles(missing)}.")
        elif under_way := record.under_way(now):
            sentence = f"Finish attempt {under_way.number} at {assessment.title}, which is under way."
            yield Step(at="next", sentence=sentence)
        elif record.awaiting:
            yield Step(at="blocked", sentence=_awaited(assessment, record.awaiting))
        elif not left:
            sentence = f"{assessment.title} waits for a trainer of your site, who can open another attempt."
            yield Step(at="blocked", sentence=sentence)
        elif opens and now < opens:
            sentence = f"{assessment.title} can be taken again from {opens:%Y-%m-%d %H:%M} UTC; {left} left."
            yield Step(at="blocked", sentence=sentence)
        else:
            do = (
                "Take" if isinstance(assessment, WrittenAssessment) else "Arrange a date with an assessor for"
            )
            yield Step(at="next", sentence=f"{do} {assessment.title}; {counted(left, 'attempt')} left.")


def _awaited(assessment: AnyAssessment, attempt: Attempt) -> str:
    if isinstance(assessment, WrittenAssessment):
        return (
            f"Attempt {attempt.number} at {assessment.title} is with an assessor of your site, who reads your "
            "answers."
        )
    return f"{assessment.title} waits for what another assessor saw."


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
