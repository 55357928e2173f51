"""What can be set about notifications: the mail server and the sender."""

from typing import Literal

from pydantic import EmailStr, Field, SecretStr

from shared.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    """Links in messages lead to `public_url`."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=1025, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout_s: float = Field(default=20.0, gt=0, le=60)
    mail_from: EmailStr = "no-reply@peerpath.example"
    mail_concurrency: int = Field(default=8, ge=1, le=64, description="E-mails on their way at once.")
