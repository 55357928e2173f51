"""What the form of an application says, in every language it is offered in."""

from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value


class FieldText(Value):
    """What a field is called, and what helps to fill it in."""

    label: str = Field(min_length=1)
    hint: str = Field(min_length=1)


class Form(Value):
    """The words of the form by language, and by field and language."""

    introduction: dict[Code, str]
    fields: dict[str, dict[Code, FieldText]]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages the form is offered in."""
        return tuple(self.introduction)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, texts in self.fields.items():
            if set(texts) != set(self.introduction):
                raise ValueError(f"form: the field {name} is not said in every language of the introduction")
        return self
