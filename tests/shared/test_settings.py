"""A wrong setting ends the start with its name, and production refuses what is only for development."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from shared.settings import DEVELOPMENT_MASTER_KEY, SealingSettings, ServiceSettings, load

GOOD = {
    "MONGO_URL": "mongodb+srv://user:secret@db.example/x",
    "KAFKA_URL": "kafka-1:9092,kafka-2:9092",
    "OIDC_ISSUER": "https://login.example",
    "PUBLIC_URL": "https://peerpath.example",
}


def given(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> None:
    """The environment of a process: `GOOD` with these changes, None for a variable that is not there."""
    for name, value in {**GOOD, "ENVIRONMENT": None, "OTLP_ENDPOINT": None, **changed}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_good_settings_are_production_unless_they_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets nothing about it runs in production."""
    given(monkeypatch)
    assert load(ServiceSettings).environment == "production"
    given(monkeypatch, ENVIRONMENT="development")
    assert load(ServiceSettings).environment == "development"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGO_URL", None),
        ("MONGO_URL", "user:secret@db.example/x"),
        ("MONGO_URL", "mongodb:///x"),
        ("KAFKA_URL", "kafka"),
        ("KAFKA_URL", "kafka:9092;other:9092"),
        ("OIDC_ISSUER", "login.example"),
        ("OIDC_ISSUER", "http://login.example"),
        ("PUBLIC_URL", None),
        ("PUBLIC_URL", "http://127.0.0.1:8001"),
        ("PUBLIC_URL", "http://LOCALHOST/"),
        ("PUBLIC_URL", "http://[::1]:8000"),
        ("PUBLIC_URL", "peerpath.example"),
        ("OTLP_ENDPOINT", "collector:4318"),
        ("ENVIRONMENT", "staging"),
        ("PORT", "eighty"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None
) -> None:
    """The process ends before it begins, says which variable is wrong, and repeats no password."""
    given(monkeypatch, **{name: value})
    with pytest.raises(SystemExit) as ended:
        load(ServiceSettings)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert [line.partition(":")[0] for line in said.splitlines()] == [f"setting {name}"]
    assert "secret" not in said


@pytest.mark.parametrize(
    "more",
    [{"OIDC_ISSUER": "http://127.0.0.1:8090"}, {"PUBLIC_URL": "http://127.0.0.1:8001"}, {"PUBLIC_URL": None}],
)
def test_development_does_without_https_and_a_public_name(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    """What production refuses is how a development machine looks."""
    given(monkeypatch, ENVIRONMENT="development", **more)
    load(ServiceSettings)


def test_a_refused_value_is_not_kept_in_the_error() -> None:
    """A password in an address of the wrong form is in no message that a log might hold."""
    with pytest.raises(ValidationError) as refused:
        ServiceSettings.model_validate({"mongo_url": "mongo://user:secret@db/x", "kafka_url": "k:1"})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("key", [None, "", DEVELOPMENT_MASTER_KEY, "c2hvcnQ=", "no base64!"])
def test_production_needs_a_master_key_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str | None
) -> None:
    """Without one, with the one that everybody knows or with half of one nothing starts, and none is repeated."""
    given(monkeypatch, MASTER_KEY=key)
    with pytest.raises(SystemExit):
        load(SealingSettings)
    said = capsys.readouterr().err
    assert said.startswith("setting MASTER_KEY: ")
    assert not key or key not in said


def test_a_good_master_key_is_taken_and_development_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production takes 96 bytes in base64; on a developer's machine nobody has to make any."""
    own = base64.b64encode(b"k" * 96).decode()
    given(monkeypatch, MASTER_KEY=own, MASTER_KEY_BEFORE="")
    assert load(SealingSettings).master_key.get_secret_value() == own
    given(monkeypatch, ENVIRONMENT="development", MASTER_KEY="")
    assert load(SealingSettings).master_key.get_secret_value() == DEVELOPMENT_MASTER_KEY
