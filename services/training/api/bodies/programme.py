"""What is sent about programmes of sites."""

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Code, Id, Moment


class CopyBody(BaseModel):
    """The new code, and the programme to copy in a version of it; the one in force where none is named."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"code": "riverside-core", "source": "core"}]}
    )
    code: Code
    source: Code
    version: int | None = Field(default=None, ge=1)


class PublishBody(BaseModel):
    """Why, and from when on; at once where no time is named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "effective_from": "2030-01-01T00:00:00Z",
                    "reason": "More hours on crisis, as the team agreed.",
                }
            ]
        },
    )
    effective_from: Moment | None = None
    reason: str = Field(min_length=1, max_length=2_000)


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "A number in it was wrong."}]}
    )
    reason: str = Field(min_length=1, max_length=2_000)


class SharingBody(BaseModel):
    """Every other site that can enrol people into it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"sites": ["hillside"]}]})
    sites: tuple[Id, ...] = Field(max_length=200)


class MoveBody(BaseModel):
    """To which version, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"version": 2, "reason": "Agreed with Ana: the new module helps her."}]
        },
    )
    version: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=2_000)


class MovesBody(BaseModel):
    """Several people at once, all of one programme, to one version, for one reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "programme": "riverside-core",
                    "version": 2,
                    "reason": "The whole group asked for it.",
                    "enrolments": ["5ae886c8-3512-5497-8b2c-e370074fc3ff"],
                }
            ]
        },
    )
    programme: Code
    version: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=2_000)
    enrolments: tuple[Id, ...] = Field(min_length=1, max_length=100)
