"""What the compose file promises; each check also says what it would refuse."""

import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping

import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.docker.mongo_users import ADMIN
from deploy.local.jars import KAFKA_VERSION
from shared.service import Service
from shared.settings import ServiceSettings
from tests.deploy.compose import (
    REPOSITORY,
    NoDefault,
    compose_file,
    containers,
    is_one_shot,
    services,
    variables,
    waits_for,
    with_defaults,
)

HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"
PASSWORD_OF = "MONGO_PASSWORDS__"
ROLES = ("migrate", "api", "worker")
OURS = [(service, role) for service in services() for role in ROLES]


def settings_of(service: str) -> type[ServiceSettings]:
    """The settings class that a service is composed with."""
    composed: Service = importlib.import_module(f"services.{service}.service").SERVICE
    return composed.settings


def unknown_variables(kind: type[BaseSettings], set_here: Mapping[str, str]) -> set[str]:
    """The variables that no field of the class reads."""
    return set(set_here) - {name.upper() for name in kind.model_fields}


def everything_before(name: str) -> Iterator[str]:
    """Whatever must be there before this container starts, nearest first; a cycle ends in RecursionError."""
    for earlier in waits_for(containers()[name]):
        yield earlier
        yield from everything_before(earlier)


def is_pinned(image: str) -> bool:
    """Whether an image names an exact version, three numbers, or a digest."""
    _, _, tag = image.rpartition("/")[2].partition(":")
    return bool(re.fullmatch(r"v?\d+\.\d+\.\d+", tag)) or "@sha256:" in image


def test_there_are_services() -> None:
    """The checks below are about the four services and not about an empty list."""
    assert set(services()) == {"recruitment", "training", "supervision", "notifications"}


@pytest.mark.parametrize(("service", "role"), OURS)
def test_every_service_runs_in_every_role(service: str, role: str) -> None:
    """Each service has a migrate, an api and a worker, all of the same image and environment."""
    container = containers()[f"{service}-{role}"]
    assert container["command"] == [role]
    assert container["image"].startswith(f"peerpath-{service}:")
    assert variables(container) == variables(containers()[f"{service}-api"])


def test_no_container_belongs_to_a_service_that_is_gone() -> None:
    """A container with a role in its name is of a service that exists."""
    named = {name for name in containers() if name.endswith(tuple(f"-{role}" for role in ROLES))}
    assert named == {f"{service}-{role}" for service, role in OURS}


@pytest.mark.parametrize("service", services())
def test_migrate_starts_when_kafka_answers_and_the_users_exist(service: str) -> None:
    """Migrate waits for Kafka's health and for the end of mongo-users, and is a one-shot itself."""
    migrate = containers()[f"{service}-migrate"]
    assert waits_for(migrate) == {"kafka": HEALTHY, "mongo-users": COMPLETED}
    assert is_one_shot(migrate)


@pytest.mark.parametrize(("service", "role"), [pair for pair in OURS if pair[1] != "migrate"])
def test_api_and_worker_start_after_their_own_migrate(service: str, role: str) -> None:
    """They wait for the end of their migrate, and for the health of what they ask at start."""
    waits = waits_for(containers()[f"{service}-{role}"])
    assert waits[f"{service}-migrate"] == COMPLETED
    assert {waits[name] for name in ("mongo", "kafka", "issuer")} == {HEALTHY}


def test_the_database_starts_with_its_key_and_gets_users_once_it_answers() -> None:
    """The order is key, database, users; the users are made in the database's own network namespace."""
    assert waits_for(containers()["mongo"]) == {"mongo-key": COMPLETED}
    assert waits_for(containers()["mongo-users"]) == {"mongo": HEALTHY}
    assert containers()["mongo-users"]["network_mode"] == "service:mongo"


def test_mail_is_sent_only_after_the_catcher_answers() -> None:
    """The notifications worker waits for the mail catcher that SMTP_HOST names."""
    worker = containers()["notifications-worker"]
    assert waits_for(worker)[variables(worker)["SMTP_HOST"]] == HEALTHY


@pytest.mark.parametrize("name", containers())
def test_a_condition_fits_what_is_waited_for(name: str) -> None:
    """Only a one-shot is waited for to its end, only what has a health check to its health."""
    for earlier, condition in waits_for(containers()[name]).items():
        expected = COMPLETED if is_one_shot(containers()[earlier]) else HEALTHY
        assert condition == expected, f"{name} waits for {earlier} by {condition}"
    assert name not in set(everything_before(name))


@pytest.mark.parametrize("name", containers())
def test_every_lasting_container_has_a_health_check(name: str) -> None:
    """Own containers inherit the image's; others bring one; a one-shot needs none."""
    container = containers()[name]
    runs_a_service = name.endswith(("-api", "-worker"))
    assert is_one_shot(container) or runs_a_service or "test" in container["healthcheck"]
    assert not (runs_a_service and "healthcheck" in container), "the image's health check must hold"


@pytest.mark.parametrize("name", containers())
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    """No image is `latest`, by name or by silence, nor a series whose content changes."""
    assert is_pinned(containers()[name]["image"])


def test_latest_silence_and_a_series_are_no_version() -> None:
    """The check above refuses them, also behind a registry's port."""
    assert not any(map(is_pinned, ("mongo", "mongo:latest", "mongo:8.0", "registry:5000/mongo")))
    assert all(map(is_pinned, ("mongo:8.0.17", "registry:5000/mongo:8.0.17", "mongo@sha256:" + "0" * 64)))


def test_kafka_is_the_version_of_the_embedded_stack() -> None:
    """Containers and the embedded stack run the same release of Kafka."""
    assert containers()["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


@pytest.mark.parametrize("service", services())
def test_every_variable_is_read_by_the_settings(service: str) -> None:
    """A misspelt variable would silently leave its default in force, so each must name a field."""
    assert not unknown_variables(settings_of(service), variables(containers()[f"{service}-api"]))


def test_a_misspelt_variable_is_found() -> None:
    """The check above refuses what the settings don't read."""
    assert unknown_variables(ServiceSettings, {"KAFKA_URL": "", "KAFKA_URLS": ""}) == {"KAFKA_URLS"}


@pytest.mark.parametrize("service", services())
def test_the_values_are_accepted_by_the_settings(service: str) -> None:
    """The service would start with them: its own database under its own user, the broker of this file."""
    values = variables(containers()[f"{service}-api"])
    settings = settings_of(service).model_validate({name.lower(): value for name, value in values.items()})
    url = settings.mongo_url.get_secret_value()
    assert url.startswith(f"mongodb://{service}:")
    assert url.endswith(f"@mongo:27017/{service}?replicaSet=rs0&authSource={service}")
    assert settings.kafka_url.partition(":")[0] in containers()


def test_each_service_gets_a_user_with_the_password_it_connects_with() -> None:
    """A password set in the environment reaches the user and its service alike; nobody else has one."""
    chosen = {f"{service.upper()}_DB_PASSWORD": f"chosen-{service}" for service in services()}
    made = compose_file(**chosen)["services"]
    given = variables(made["mongo-users"])
    assert given.keys() == {PASSWORD_OF + user.upper() for user in (ADMIN, *services())}
    for service in services():
        login = f"//{service}:{given[PASSWORD_OF + service.upper()]}@"
        assert login in variables(made[f"{service}-worker"])["MONGO_URL"]
        assert login == f"//{service}:chosen-{service}@"


def test_default_passwords_say_that_they_are_for_development() -> None:
    """Whoever meets one in a log knows what it is."""
    defaults = [value for name, value in variables(containers()["mongo-users"]).items() if "PASSWORD" in name]
    assert len(defaults) == len(services()) + 1
    assert all(value.startswith("development-only-") for value in defaults)


def test_a_variable_without_a_default_is_refused() -> None:
    """The file must start with nothing set."""
    with pytest.raises(NoDefault, match="SECRET has no default"):
        with_defaults("password: ${SECRET}", {})


@pytest.mark.parametrize("name", containers())
def test_nothing_runs_privileged(name: str) -> None:
    """No capabilities, no new privileges, a read-only file system, a memory limit, nothing of the host's."""
    container = containers()[name]
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["read_only"] is True
    assert any(mount.partition(":")[0] == "/tmp" for mount in container["tmpfs"])  # noqa: S108
    assert re.fullmatch(r"\d+[mg]", container["mem_limit"])
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"} & container.keys()
    assert container.get("network_mode") in {None, "none", "service:mongo"}
    assert not any("docker.sock" in volume for volume in container.get("volumes", ()))


@pytest.mark.parametrize("name", containers())
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    """Each published port is bound to 127.0.0.1."""
    assert all(port.startswith("127.0.0.1:") for port in containers()[name].get("ports", ()))


def test_no_port_is_published_twice() -> None:
    """Two containers can't have the same port of this machine."""
    ports = [port.split(":")[1] for found in containers().values() for port in found.get("ports", ())]
    assert len(ports) == len(set(ports))


@pytest.mark.parametrize("service", services())
def test_workers_can_be_multiplied(service: str) -> None:
    """A worker has neither a name nor a port that only one container could have."""
    assert not {"container_name", "ports", "hostname"} & containers()[f"{service}-worker"].keys()


@pytest.mark.parametrize(
    "name", [name for name in containers() if "peerpath-" in containers()[name]["image"]]
)
def test_an_image_is_built_once_and_before_it_is_shared(name: str) -> None:
    """One container builds an image; whoever shares the image starts after that one."""
    image = containers()[name]["image"]
    builders = {other for other, one in containers().items() if one["image"] == image and "build" in one}
    assert len(builders) == 1
    assert builders <= {name, *everything_before(name)}
    assert (REPOSITORY / containers()[builders.pop()]["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", containers())
def test_what_is_mounted_exists(name: str) -> None:
    """A named volume is declared, a file of the repository is there and read-only."""
    for volume in containers()[name].get("volumes", ()):
        source, _, target = volume.partition(":")
        if source.startswith("."):
            assert (REPOSITORY / source).is_file()
            assert target.endswith(":ro")
        else:
            assert source in compose_file()["volumes"]


def test_a_subscriber_outside_finds_kafka() -> None:
    """The port published on this machine is that of the listener whose address leads back to it."""
    kafka = containers()["kafka"]
    [published] = kafka["ports"]
    host, port, inside = published.split(":")
    assert f"HOST://:{inside}" in variables(kafka)["KAFKA_LISTENERS"].split(",")
    assert f"HOST://{host}:{port}" in variables(kafka)["KAFKA_ADVERTISED_LISTENERS"].split(",")


def test_topics_are_made_with_as_many_copies_as_there_are_brokers() -> None:
    """One broker: every replication setting, Kafka's own and ours, is one."""
    kafka = variables(containers()["kafka"])
    copies = {name: value for name, value in kafka.items() if "REPLICATION_FACTOR" in name or "_ISR" in name}
    assert len(copies) == 5
    assert set(copies.values()) == {"1"}
    assert {variables(containers()[f"{service}-migrate"])["KAFKA_REPLICATION"] for service in services()} == {
        "1"
    }


def test_the_issuer_signs_under_the_name_that_services_trust() -> None:
    """The development issuer's `--url` is the services' OIDC_ISSUER, letter for letter."""
    command = containers()["issuer"]["entrypoint"]
    assert command[command.index("--url") + 1] == variables(containers()["training-api"])["OIDC_ISSUER"]


def test_compose_itself_sees_what_these_checks_see() -> None:
    """Docker Compose accepts the file, and resolves it to the same containers."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:  # noqa: PLW1510, S603
        pytest.skip("Docker Compose is not installed")
    said = subprocess.run(  # noqa: S603
        [docker, "compose", "-f", REPOSITORY / "docker-compose.yml", "config"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert yaml.safe_load(said.stdout)["services"].keys() == containers().keys()
