"""Settings: small classes, each owned by the part that reads it; a wrong one fails at start by its name."""

import sys
from enum import StrEnum
from typing import NoReturn, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)


class Environment(StrEnum):
    """Where a process runs; production refuses what is only for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ServiceSettings(BaseSettings):
    """What every service process needs, from environment variables of the same names."""

    model_config = SettingsConfigDict(extra="ignore")

    environment: Environment = Environment.DEVELOPMENT
    mongo_url: SecretStr = Field(
        description="The service's own MongoDB user, e.g. mongodb://user:pw@host/db."
    )
    database: str | None = Field(
        default=None, description="The database's name; the service's own by default."
    )
    kafka_url: str = Field(min_length=3, description="Kafka bootstrap servers, host:port[,host:port].")
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of a topic that migrate creates.")
    oidc_issuer: str = Field(pattern=r"^https?://", description="The OpenID Connect issuer of bearer tokens.")
    oidc_audience: str = Field(default="peerpath", min_length=1)
    public_url: str = Field(default="http://127.0.0.1", pattern=r"^https?://")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")
    otlp_endpoint: str | None = Field(
        default=None, description="An OpenTelemetry collector (OTLP over HTTP)."
    )


def load(kind: type[S]) -> S:
    """The settings from the environment; ends the process with a sentence per wrong variable otherwise."""
    try:
        return kind()
    except ValidationError as problem:
        _refuse(problem)


def _refuse(problem: ValidationError) -> NoReturn:
    for error in problem.errors(include_url=False, include_input=False):
        name = "_".join(str(part) for part in error["loc"]).upper()
        print(f"setting {name}: {error['msg']}", file=sys.stderr)
    sys.exit(2)
