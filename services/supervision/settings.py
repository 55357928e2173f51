"""What can be set about supervision: for now the rules of practice, which are data."""

from importlib.resources import files

import yaml

from services.supervision.domain.practice import Practice


def read_practice() -> Practice:
    """The rules that ship, `domain/data/practice.yaml`. Raises ValueError naming the field that is wrong."""
    text = files("services.supervision.domain").joinpath("data/practice.yaml").read_text(encoding="utf-8")
    return Practice.model_validate(yaml.safe_load(text))
