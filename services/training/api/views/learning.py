"""A module as the person works through it, and days in their log."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples_learning as examples
from services.training.api.views.examples import example
from services.training.api.views.words import are_erased, words
from services.training.domain.choices import Choices
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Delivery, Module
from services.training.domain.practice_log import PracticeLog
from shared.contracts.envelope import Moment


class PartView(BaseModel):
    """One part: what to know before it begins, the other way to take it, and how far it is."""

    code: str
    title: str
    content_notes: tuple[str, ...]
    alternative: str | None
    takes_alternative: bool
    minutes: int
    finished: bool


class ModuleLearningView(BaseModel):
    """For the person alone. Read the notes of the module and of the part at `resume_at` before going on."""

    model_config = example(examples.MODULE)
    enrolment: str
    module: str
    title: str
    content_notes: tuple[str, ...]
    percent: int
    minutes: int
    resume_at: str
    parts: tuple[PartView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, rule: Module, choices: Choices | None) -> Self:
        """As it stands."""
        progress = enrolment.learning.module(rule.code)
        finished = progress.finished_parts(rule)
        return cls(
            enrolment=enrolment.id,
            module=rule.code,
            title=rule.title,
            content_notes=rule.content_notes,
            percent=progress.percent,
            minutes=progress.minutes,
            resume_at=progress.resume_at(rule).code,
            parts=tuple(
                PartView(
                    **part.model_dump(),
                    takes_alternative=bool(choices and choices.takes_alternative(rule.code, part.code)),
                    minutes=progress.part(part.code).minutes,
                    finished=part.code in finished,
                )
                for part in rule.parts
            ),
            version=enrolment.version,
        )


class ChoiceView(BaseModel):
    """Which way the person takes a part; nobody else sees it."""

    model_config = example(examples.CHOICE)
    enrolment: str
    module: str
    part: str
    takes_alternative: bool
    version: int

    @classmethod
    def of(cls, choices: Choices, module: str, part: str) -> Self:
        """As it stands."""
        return cls(
            enrolment=choices.enrolment,
            module=module,
            part=part,
            takes_alternative=choices.takes_alternative(module, part),
            version=choices.version,
        )


class LogView(BaseModel):
    """One day beside somebody. What was written is only read, never repeated in a command's answer."""

    model_config = example(examples.LOG)
    log: str
    module: str
    kind: str
    beside: str
    day: str
    hours: float
    logged: Moment
    state: str
    decided: Moment | None
    note: str | None
    return_reason: str | None
    erased: bool

    @classmethod
    def of(cls, log: PracticeLog, *, with_text: bool) -> Self:
        """As it stands."""
        return cls(
            log=log.id,
            **log.model_dump(exclude={"id", "text", "why"}),
            note=words(log.text, lambda it: it.note) if with_text else None,
            return_reason=words(log.why, lambda it: it.reason) if with_text else None,
            erased=are_erased(log.text, log.why),
        )


class LogsView(BaseModel):
    """Every day in somebody's log, oldest first."""

    model_config = example(examples.LOGS)
    enrolment: str
    items: tuple[LogView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, *, with_text: bool = False, only: str | None = None) -> Self:
        """As they stand: all of them, or the one day that another person had a say in."""
        logs = (log for log in enrolment.learning.logs if only in (None, log.id))
        items = tuple(LogView.of(log, with_text=with_text) for log in logs)
        return cls(enrolment=enrolment.id, items=items, version=enrolment.version)


class AwaitedLogsView(BaseModel):
    """Days of one person that wait for the reader's word, and nothing else of their training."""

    model_config = example(examples.AWAITED_LOGS)
    enrolment: str
    person: str
    site: str
    items: tuple[LogView, ...]

    @classmethod
    def of(cls, enrolment: Enrolment, reader: str, *, as_staff: bool) -> Self:
        """Those that name the reader; supervised practice only where they work for the site."""
        kinds = (Delivery.SHADOWING, *((Delivery.SUPERVISED_PRACTICE,) if as_staff else ()))
        waiting = enrolment.learning.logs_awaiting(reader, *kinds)
        return cls(
            enrolment=enrolment.id,
            person=enrolment.person,
            site=enrolment.site,
            items=tuple(LogView.of(log, with_text=True) for log in waiting),
        )
