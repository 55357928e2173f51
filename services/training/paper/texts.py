"""The words of a certificate on paper, by language."""

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field

DEFAULT_LANGUAGE = "en"


class PaperTexts(BaseModel):
    """Every sentence of a certificate on paper in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heading: str
    certifies: str
    unnamed: str
    holds: str
    provisional: str
    valid: str
    granted: str
    verify: str
    number: str
    day: str
    months: tuple[str, ...] = Field(min_length=12, max_length=12)

    def written(self, day: datetime) -> str:
        """A day, as this language writes it."""
        return self.day.format(day=day.day, month=self.months[day.month - 1], year=day.year)


def read_texts() -> Mapping[str, PaperTexts]:
    """The languages that ship. Raises ValueError naming the language and the key that is wrong."""
    text = files("services.training.paper").joinpath("texts.yaml").read_text(encoding="utf-8")
    return {code: PaperTexts.model_validate(words) for code, words in yaml.safe_load(text).items()}
