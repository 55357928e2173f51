"""What can be set about notifications: the mail server, the sender, and where people read their inbox."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import BeforeValidator, EmailStr, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import Environment, ServiceSettings

_EMPTY_IS_NONE = BeforeValidator(lambda value: value or None)
"""A compose file can hand a variable on only by setting it to nothing where there is none."""


class NotificationsSettings(ServiceSettings):
    """In production there is no default for the mail server and the sender."""

    model_config = SettingsConfigDict(validate_default=True)

    app_url: Annotated[str | None, _EMPTY_IS_NONE] = Field(
        default=None,
        pattern=r"^https?://",
        description="Where people read their inbox; without it e-mails have no link.",
    )
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=1025, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: Annotated[str | None, _EMPTY_IS_NONE] = None
    smtp_password: Annotated[SecretStr | None, _EMPTY_IS_NONE] = None
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=60)
    mail_from: EmailStr = "no-reply@peerpath.example"
    mail_concurrency: int = Field(default=8, ge=1, le=64, description="E-mails on their way at once.")

    @field_validator("smtp_host")
    @classmethod
    def _is_somewhere(cls, host: str, info: ValidationInfo) -> str:
        if _in_production(info) and _is_loopback(host):
            raise ValueError("production needs a mail server; this one is the machine itself")
        return host

    @field_validator("smtp_username", "smtp_password")
    @classmethod
    def _travels_encrypted(cls, secret: object, info: ValidationInfo) -> object:
        if _in_production(info) and secret is not None and info.data.get("smtp_security") == "none":
            raise ValueError("it would travel in the clear; set SMTP_SECURITY to starttls or tls")
        return secret

    @field_validator("mail_from")
    @classmethod
    def _is_somebody(cls, sender: str, info: ValidationInfo) -> str:
        if _in_production(info) and sender.endswith(".example"):
            raise ValueError("production needs a sender of the organisation's own domain")
        return sender


def _in_production(info: ValidationInfo) -> bool:
    return info.data.get("environment") is Environment.PRODUCTION


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
