"""What can be set about recruitment, and the selection criteria, which are data."""

from importlib.resources import files

import limits
import yaml
from pydantic import Field

from services.recruitment.domain.criteria import Criteria
from shared.settings import Rate, ServiceSettings


class RecruitmentSettings(ServiceSettings):
    """How often somebody may come in by the public routes."""

    applications_rate: Rate = Field(
        default=limits.RateLimitItemPerHour(30),
        description="Applications of one signed-in person, or from one address: an open day shares one.",
    )
    applications_under_email_rate: Rate = Field(
        default=limits.RateLimitItemPerDay(5),
        description="Applications without an account under one e-mail address at one site.",
    )


def read_criteria() -> Criteria:
    """The criteria that ship, `domain/data/criteria.yaml`. Raises ValueError naming the field that is wrong."""
    text = files("services.recruitment.domain").joinpath("data/criteria.yaml").read_text(encoding="utf-8")
    return Criteria.model_validate(yaml.safe_load(text))
