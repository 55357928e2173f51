"""Settings: small classes, each owned by the part that reads it; a wrong one fails at start by its name."""

import base64
import re
import sys
from enum import StrEnum
from typing import Annotated, NoReturn, TypeVar
from urllib.parse import urlsplit

import limits
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)


class Environment(StrEnum):
    """Where a process runs; production refuses what is only for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


_BROKER = r"(\[[0-9A-Fa-f:]+\]|[^\s,;:\[\]]+):\d{1,5}"
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|0\.0\.0\.0|::1")


def _mongo_form(url: SecretStr) -> SecretStr:
    if not re.match(r"mongodb(\+srv)?://[^/\s]", url.get_secret_value()):
        raise ValueError(
            "not of the form mongodb://user:password@host/database"
        )  # The value holds a password.
    return url


def _web_form(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError("not of the form https://host/path")
    return url


def _rate(text: object) -> object:
    return limits.parse(text) if isinstance(text, str) else text


def _lets_some_in(rate: limits.RateLimitItem) -> limits.RateLimitItem:
    if rate.amount < 1:
        raise ValueError("a rate lets at least one in")
    return rate


Rate = Annotated[limits.RateLimitItem, BeforeValidator(_rate), AfterValidator(_lets_some_in)]
"""How often one caller may, such as 30/hour or 5 per 15 minutes."""

MongoUrl = Annotated[SecretStr, AfterValidator(_mongo_form)]
WebUrl = Annotated[str, AfterValidator(_web_form)]


class ServiceSettings(BaseSettings):
    """What every service process needs, from environment variables of the same names.

    Where nothing says that it is development it is production, with all that production refuses.
    """

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True)

    environment: Environment = Environment.PRODUCTION
    mongo_url: MongoUrl = Field(description="The service's own MongoDB user, e.g. mongodb://user:pw@host/db.")
    database: str | None = Field(
        default=None, description="The database's name; the service's own by default."
    )
    kafka_url: str = Field(
        pattern=rf"^{_BROKER}(,{_BROKER})*$", description="Kafka bootstrap servers, host:port[,host:port]."
    )
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of a topic that migrate creates.")
    oidc_issuer: WebUrl = Field(
        description="The OpenID Connect issuer of bearer tokens, letter for letter as it names itself."
    )
    oidc_audience: str = Field(default="peerpath", min_length=1)
    public_url: WebUrl = Field(
        default="http://127.0.0.1",
        validate_default=True,
        description="Where the public reaches this service; links lead there.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=8,
        description="How many proxies of ours a request comes through, each adding to X-Forwarded-For.",
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    grace_s: int = Field(
        default=20,
        ge=2,
        le=600,
        description="Seconds to end in; less than whoever stops it waits before a kill.",
    )
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")
    otlp_endpoint: WebUrl | None = Field(
        default=None, description="An OpenTelemetry collector (OTLP over HTTP)."
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _says_who_you_are(cls, url: str, info: ValidationInfo) -> str:
        if info.data.get("environment") is Environment.PRODUCTION and urlsplit(url).scheme != "https":
            raise ValueError("production asks for https; set ENVIRONMENT=development to do without")
        return url

    @field_validator("public_url")
    @classmethod
    def _leads_here(cls, url: str, info: ValidationInfo) -> str:
        own = _LOOPBACK.fullmatch(urlsplit(url).hostname or "")
        if info.data.get("environment") is Environment.PRODUCTION and own:
            raise ValueError("nobody else reaches this address; set it to the one that the public uses")
        return url


DEVELOPMENT_MASTER_KEY = base64.b64encode(b"development only; everybody knows it. ".ljust(96, b"-")).decode()


def _master_form(key: SecretStr) -> SecretStr:
    try:
        whole = len(base64.b64decode(key.get_secret_value(), validate=True)) == 96
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("not 96 bytes in base64; make one: openssl rand -base64 96 | tr -d '\\n'")
    return key


MasterKey = Annotated[SecretStr, AfterValidator(_master_form)]
# A compose file can hand a variable on only by setting it to nothing where there is none.
_EMPTY_IS_NONE = BeforeValidator(lambda value: value or None)
_EMPTY_IS_DEVELOPMENT = BeforeValidator(lambda value: value or DEVELOPMENT_MASTER_KEY)


class SealingSettings(ServiceSettings):
    """What a service needs beside that keeps sealed text about people."""

    master_key: Annotated[MasterKey, _EMPTY_IS_DEVELOPMENT] = Field(
        default=SecretStr(DEVELOPMENT_MASTER_KEY),
        validate_default=True,
        description="Wraps the key of each person: 96 bytes in base64. Whoever loses it loses all sealed text.",
    )
    master_key_before: Annotated[MasterKey | None, _EMPTY_IS_NONE] = Field(
        default=None, description="The master key until now, while `keys rewrap` replaces it."
    )

    @field_validator("master_key")
    @classmethod
    def _is_secret(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        known = key.get_secret_value() == DEVELOPMENT_MASTER_KEY
        if info.data.get("environment") is Environment.PRODUCTION and known:
            raise ValueError("production needs a master key of its own; everybody knows the development one")
        return key


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
