"""The four services, api and worker of each, on the servers of a run."""

from collections.abc import Sequence
from pathlib import Path

from deploy.local.platform import PlatformUrls
from deploy.local.ports import free_ports
from deploy.local.stack import SERVICES, StackUrls
from deploy.local.waiting import all_at_once
from tests.chaos.fleet import Process, Program, migrate
from tests.chaos.history import Record
from tests.chaos.schedule import Schedule
from tests.chaos.servers import Servers


def programs(servers: Servers) -> list[Program]:
    """All eight."""
    ports = iter(free_ports(2 * len(SERVICES)))
    return [
        Program(
            name=name,
            service=f"services.{name}.service:SERVICE",
            role=role,
            settings=_settings(servers, name),
            port=next(ports),
        )
        for name in SERVICES
        for role in ("api", "worker")
    ]


def _settings(servers: Servers, name: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "development",
        "MONGO_URL": servers.mongo.url_for(name),
        "KAFKA_URL": servers.kafka.url,
        "OIDC_ISSUER": servers.issuer,
        "SMTP_PORT": str(servers.mail_port),
        "LOG_LEVEL": "info",
    }


def processes(
    programs: Sequence[Program], *, folder: Path, faults: Record, schedule: Schedule
) -> list[Process]:
    """Each with the faults that its schedule has for it."""

    def process(program: Program) -> Process:
        name = program.full_name
        return Process(
            program=program,
            folder=folder,
            faults=faults,
            fault_for=lambda: schedule.fault_for(name),
            pause_s=lambda: schedule.pause_s(name),
        )

    return [process(program) for program in programs]


async def migrate_all(programs: Sequence[Program], folder: Path) -> None:
    """What every service needs before it starts."""
    await all_at_once(migrate(program, folder) for program in programs if program.role == "api")


def urls(programs: Sequence[Program], servers: Servers) -> PlatformUrls:
    """As those who use the platform know it."""
    of_role = {
        role: {program.name: program.url for program in programs if program.role == role}
        for role in ("api", "worker")
    }
    stack = StackUrls(
        mongo_admin=servers.mongo.url_for("admin"),
        mongo={name: servers.mongo.url_for(name) for name in SERVICES},
        kafka=servers.kafka.url,
        smtp_host="127.0.0.1",
        smtp_port=servers.mail_port,
        mail_page=servers.mail_page,
    )
    return PlatformUrls(stack=stack, issuer=servers.issuer, apis=of_role["api"], workers=of_role["worker"])
