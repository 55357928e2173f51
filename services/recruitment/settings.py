"""What can be set about recruitment, and what it reads from data: criteria, consents, forms, targets."""

from collections.abc import Mapping
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

import limits
import yaml
from pydantic import Field, ValidationError

from services.recruitment.domain.consents import Consents
from services.recruitment.domain.criteria import DEFAULT_RUBRIC, Criteria, Rubrics
from services.recruitment.domain.form import Form
from services.recruitment.domain.reference_form import ReferenceForm
from services.recruitment.domain.targets import Targets
from shared.settings import Rate, SealingSettings

DATA = files("services.recruitment.domain") / "data"

_REMEDIES: Mapping[str, str] = {
    "missing": "add it",
    "extra_forbidden": "remove it or correct its spelling",
}


class CriteriaError(ValueError):
    """A file of criteria can't be used; the message names the file, each place in it and what to do."""


class RecruitmentSettings(SealingSettings):
    """How often somebody may come in by the public routes."""

    applications_rate: Rate = Field(
        default=limits.RateLimitItemPerHour(30),
        description="Applications of one signed-in person, or from one address: an open day shares one.",
    )
    applications_under_email_rate: Rate = Field(
        default=limits.RateLimitItemPerDay(5),
        description="Applications without an account under one e-mail address at one site.",
    )
    references_rate: Rate = Field(
        default=limits.RateLimitItemPerHour(60),
        description="Looks at, and answers to, references from one address.",
    )


def read_criteria() -> Criteria:
    """The criteria that ship, `domain/data/criteria.yaml`. Raises CriteriaError."""
    return _read(DATA / "criteria.yaml", rubric=DEFAULT_RUBRIC)


def read_rubrics(data: Traversable = DATA) -> Rubrics:
    """The criteria that ship, and those of `criteria/<programme>.yaml` beside them. Raises CriteriaError."""
    folder = data / "criteria"
    found = [file for file in folder.iterdir() if file.name.endswith(".yaml")] if folder.is_dir() else []
    own = {file.name.removesuffix(".yaml"): file for file in sorted(found, key=lambda file: file.name)}
    return Rubrics(
        _read(data / "criteria.yaml", rubric=DEFAULT_RUBRIC),
        {programme: _read(file, rubric=programme) for programme, file in own.items()},
    )


def _read(file: Traversable, *, rubric: str) -> Criteria:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as broken:
        raise CriteriaError(f"{file.name}: this is no YAML; correct it. {broken}") from None
    if not isinstance(data, dict):
        raise CriteriaError(f"{file.name}: version and criteria are missing; add them")
    try:
        return Criteria.model_validate({**data, "rubric": rubric})
    except ValidationError as invalid:
        problems = "\n".join(f"  {_explained(error)}" for error in invalid.errors())
        raise CriteriaError(f"{file.name}: these criteria can't be used.\n{problems}") from None


def _explained(error: Any) -> str:
    # A rule of ours says its own remedy; pydantic puts "Value error, " before it.
    place = ".".join(str(step) for step in error["loc"]) or "the file"
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{place}: {text}"
    return f"{place}: {text}; {_REMEDIES.get(error['type'], 'correct the value')}"


def read_consents() -> Consents:
    """The consents that ship, `domain/data/consents.yaml`. Raises ValueError naming the field that is wrong."""
    return Consents.model_validate(_data("consents.yaml"))


def read_form() -> Form:
    """The words of the form, `domain/data/form.yaml`. Raises ValueError naming the field that is wrong."""
    return Form.model_validate(_data("form.yaml"))


def read_reference_form() -> ReferenceForm:
    """What referees are asked, `domain/data/reference.yaml`. Raises ValueError naming the field that is wrong."""
    return ReferenceForm.model_validate(_data("reference.yaml"))


def read_targets() -> Targets:
    """The target days that ship, `domain/data/targets.yaml`. Raises ValueError naming the field that is wrong."""
    return Targets.model_validate(_data("targets.yaml"))


def _data(file: str) -> object:
    return yaml.safe_load((DATA / file).read_text(encoding="utf-8"))
