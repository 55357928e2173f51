"""The form of an application: what whoever builds a page for it needs to know."""

from typing import Any

from annotated_types import MaxLen
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.api.consents import TermsList, TermsView
from services.recruitment.api.deps import ConsentsDep, FormDep, RubricsDep
from services.recruitment.domain.application import REFERENCES, STATEMENT_WORDS
from services.recruitment.domain.form import FieldText
from shared.clock import utc_now
from shared.contracts.envelope import Code

router = APIRouter(tags=["applications"])

_EXAMPLE: dict[str, Any] = {
    "languages": ["en", "es"],
    "introduction": {"en": "Thank you for thinking of it.", "es": "Gracias por pensarlo."},
    "fields": [
        {
            "name": "statement",
            "required": False,
            "max_length": 4000,
            "max_words": 250,
            "exactly": None,
            "texts": {"en": {"label": "In your own words", "hint": "Please leave out graphic detail."}},
        }
    ],
    "consents": [],
    "criteria": ["boundaries", "empathy"],
}


class FieldView(BaseModel):
    """One field of `POST /v1/applications`: `max_length` in characters, `exactly` so many entries."""

    name: str
    required: bool
    max_length: int | None
    max_words: int | None = None
    exactly: int | None = None
    texts: dict[Code, FieldText]


class FormView(BaseModel):
    """The whole form, in every language it is offered in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    languages: list[Code]
    introduction: dict[Code, str]
    fields: list[FieldView]
    consents: list[TermsView]
    criteria: list[Code]


@router.get("/application-form")
async def application_form(
    form: FormDep, consents: ConsentsDep, rubrics: RubricsDep, programme: Code | None = None
) -> FormView:
    """Public: fields with their limits and what to say beside them, the consents in force, what is looked at."""
    known = ApplicationBody.model_fields
    return FormView(
        languages=list(form.languages),
        introduction=form.introduction,
        fields=[_field(name, known[name], texts) for name, texts in form.fields.items()],
        consents=TermsList.of(consents, utc_now()).consents,
        criteria=sorted(rubrics.of(programme).codes),
    )


def _field(name: str, info: FieldInfo, texts: dict[Code, FieldText]) -> FieldView:
    listed = {"references", "consents"}
    lengths = [one.max_length for one in info.metadata if isinstance(one, MaxLen)]
    return FieldView(
        name=name,
        required=info.is_required(),
        max_length=lengths[0] if lengths and name not in listed else None,
        max_words=STATEMENT_WORDS if name == "statement" else None,
        exactly=REFERENCES if name == "references" else None,
        texts=texts,
    )
