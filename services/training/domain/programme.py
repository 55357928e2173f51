"""A programme: the versioned rules a person is trained and certified under, as data."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from services.training.domain.assessment import Assessment, PracticalAssessment, WrittenAssessment
from services.training.domain.certification import CertificationRule
from services.training.domain.module import Module
from services.training.domain.wording import listed
from shared.contracts.envelope import Code, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import NotFound


class Programme(Value):
    """One version of a programme. Modules stand in an order in which they can be taken."""

    code: Code
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    effective_from: Moment
    modules: tuple[Module, ...] = Field(min_length=1)
    assessments: tuple[Assessment, ...] = ()
    certification: CertificationRule

    @model_validator(mode="after")
    def _every_name_is_known(self) -> Self:
        _must_differ("modules", [module.code for module in self.modules])
        _must_differ("assessments", [assessment.code for assessment in self.assessments])
        before: list[str] = []
        for module in self.modules:
            _must_be_among(
                f"modules.{module.code}.requires", module.requires, before, "list it before this one"
            )
            before.append(module.code)
        for assessment in self.assessments:
            at = f"assessments.{assessment.code}"
            _must_be_among(f"{at}.requires", assessment.requires, before)
            if isinstance(assessment, WrittenAssessment):
                _must_be_among(
                    f"{at}.questions", (question.module for question in assessment.questions), before
                )
        _must_be_among("certification.required_modules", self.certification.required_modules, before)
        return self

    def module(self, code: str) -> Module:
        """Raises NotFound `module_unknown`, listing the modules there are."""
        for module in self.modules:
            if module.code == code:
                return module
        there = listed(module.code for module in self.modules)
        raise NotFound("module_unknown", f"{self.title} has no module {code!r}. It has {there}.")

    def assessment(self, code: str) -> WrittenAssessment | PracticalAssessment:
        """Raises NotFound `assessment_unknown`, listing the assessments there are."""
        for assessment in self.assessments:
            if assessment.code == code:
                return assessment
        there = listed(assessment.code for assessment in self.assessments)
        raise NotFound("assessment_unknown", f"{self.title} has no assessment {code!r}. It has {there}.")

    def written(self, code: str) -> WrittenAssessment:
        """Raises NotFound `assessment_unknown` or `assessment_not_written`."""
        found = self.assessment(code)
        if isinstance(found, WrittenAssessment):
            return found
        raise NotFound(
            "assessment_not_written", f"{found.title} has no questions; an assessor enters its result."
        )

    def practical(self, code: str) -> PracticalAssessment:
        """Raises NotFound `assessment_unknown` or `assessment_not_practical`."""
        found = self.assessment(code)
        if isinstance(found, PracticalAssessment):
            return found
        raise NotFound(
            "assessment_not_practical", f"{found.title} has no rubric; the person answers its questions."
        )

    def titles(self, modules: Iterable[str]) -> str:
        """The modules' titles, listed for a sentence."""
        return listed(self.module(code).title for code in modules)


class ProgrammeError(ValueError):
    """A programme's data can't be used; the message names the file, each place in it and what to do."""


def programme_of(data: object, *, file: str) -> Programme:
    """A programme out of what was read from `file`. Raises ProgrammeError."""
    try:
        return Programme.model_validate(data)
    except ValidationError as invalid:
        problems = "\n".join(f"  {_explained(error)}" for error in invalid.errors())
        raise ProgrammeError(f"{file}: this programme can't be used.\n{problems}") from None


class Programmes:
    """Every programme there is, in every version."""

    def __init__(self, programmes: Sequence[Programme]) -> None:
        _must_differ(
            "programmes", [f"{programme.code} version {programme.version}" for programme in programmes]
        )
        self._versions = {(programme.code, programme.version): programme for programme in programmes}

    @property
    def codes(self) -> frozenset[str]:
        """Every programme's code, in force or not."""
        return frozenset(code for code, _ in self._versions)

    def version(self, code: str, version: int) -> Programme:
        """The rules an enrolment began with. Raises NotFound `programme_unknown`."""
        found = self._versions.get((code, version))
        if found is None:
            raise NotFound("programme_unknown", f"There is no programme {code!r} in version {version} here.")
        return found

    def find(self, code: str, *, version: int | None, now: datetime) -> Programme:
        """One version, or the one in force. Raises NotFound `programme_unknown`."""
        return self.current(code, now=now) if version is None else self.version(code, version)

    def current(self, code: str, *, now: datetime) -> Programme:
        """The version in force, which new enrolments begin with. Raises NotFound `programme_unknown`."""
        for programme in self.all_current(now=now):
            if programme.code == code:
                return programme
        raise NotFound(
            "programme_unknown",
            f"There is no programme {code!r} in force. Add its file, or correct the code.",
        )

    def all_current(self, *, now: datetime) -> tuple[Programme, ...]:
        """Each programme in the version in force, by code."""
        in_force = (programme for _, programme in sorted(self._versions.items()))
        latest = {programme.code: programme for programme in in_force if programme.effective_from <= now}
        return tuple(latest.values())


_REMEDIES: Mapping[str, str] = {
    "missing": "add it",
    "extra_forbidden": "remove it or correct its spelling",
}


def _explained(error: Mapping[str, Any]) -> str:
    # A check across fields names its own place and remedy; pydantic puts "Value error, " before it.
    place = ".".join(str(step) for step in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{place}: {text}" if place else text
    return f"{place or 'the file'}: {text}; {_REMEDIES.get(error['type'], 'correct the value')}"


def _must_differ(place: str, names: Sequence[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"{place}: {listed(twice)} is there twice; give each its own code and version")


def _must_be_among(place: str, names: Iterable[str], there: Sequence[str], remedy: str = "") -> None:
    unknown = sorted(set(names) - set(there))
    if unknown:
        remedy = remedy or f"choose from {listed(there)}"
        raise ValueError(f"{place}: {listed(unknown)} is no module known here; {remedy}")
