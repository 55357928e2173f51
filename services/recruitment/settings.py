"""What can be set about recruitment: for now the selection criteria, which are data."""

from importlib.resources import files

import yaml

from services.recruitment.domain.criteria import Criteria


def read_criteria() -> Criteria:
    """The criteria that ship, `domain/data/criteria.yaml`. Raises ValueError naming the field that is wrong."""
    text = files("services.recruitment.domain").joinpath("data/criteria.yaml").read_text(encoding="utf-8")
    return Criteria.model_validate(yaml.safe_load(text))
