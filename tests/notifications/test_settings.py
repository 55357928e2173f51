"""What may be set, and what production refuses."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.notifications.settings import NotificationsSettings

COMMON: dict[str, Any] = {
    "mongo_url": "mongodb://db/x",
    "kafka_url": "kafka:9092",
    "oidc_issuer": "https://id.example",
    "public_url": "https://notifications.city.org",
}
REAL: dict[str, Any] = {"smtp_host": "smtp.city.org", "mail_from": "no-reply@city.org"}


def refused(**values: Any) -> set[str]:
    """The names of the settings that are refused."""
    try:
        NotificationsSettings(**COMMON, **values)
    except ValidationError as problem:
        return {str(error["loc"][0]) for error in problem.errors()}
    return set()


def test_development_needs_nothing() -> None:
    """On a developer's machine the defaults do."""
    assert refused(environment="development") == set()


def test_production_has_no_default_for_mail() -> None:
    """A server on the machine itself and a sender nobody owns are refused by name, as defaults or as given."""
    assert refused(environment="production") == {"smtp_host", "mail_from"}
    assert refused(environment="production", **REAL) == set()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "mail.localhost"])
def test_the_machine_itself_is_no_mail_server(host: str) -> None:
    """Every way to write this machine is refused in production."""
    assert refused(environment="production", **{**REAL, "smtp_host": host}) == {"smtp_host"}


@pytest.mark.parametrize(
    ("security", "expected"),
    [("none", {"smtp_username", "smtp_password"}), ("starttls", set()), ("tls", set())],
)
def test_credentials_travel_encrypted(security: str, expected: set[str]) -> None:
    """In production a user name and a password are taken only with TLS."""
    secrets = {"smtp_username": "peerpath", "smtp_password": "a-password"}

    assert refused(environment="production", smtp_security=security, **REAL, **secrets) == expected


def test_an_empty_variable_is_none() -> None:
    """A variable that is set to nothing, as in a compose file, is as good as not set."""
    settings = NotificationsSettings(
        **COMMON, environment="development", app_url="", smtp_username="", smtp_password=""
    )

    assert (settings.app_url, settings.smtp_username, settings.smtp_password) == (None, None, None)
