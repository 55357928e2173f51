"""How the processes of a service start: `python -m services.<name> api|worker|all|migrate|park|replay|keys|openapi`.

One process is one event loop. `api` answers HTTP; `worker` runs the relay, the reactions and the service's own
loops, and answers health and metrics; `all` does both. Nothing connects before `main` is called.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
import uvloop

from shared.logs import configure_logs
from shared.messaging import park_cli, replay_cli
from shared.messaging.broker import check_topics, client_id_of
from shared.service.composition import Runtime, Service
from shared.service.running import (
    apply_migrations,
    open_runtime,
    rebuild_of,
    replay_of,
    working,
)
from shared.settings import ServiceSettings, load
from shared.storage.schema import missing
from shared.storage.vault import Vault, WrongMasterKey
from shared.telemetry import configure_traces
from shared.web import openapi
from shared.web.app import bare_app, create_app
from shared.web.problems import IssuerUnavailable

log = structlog.get_logger(__name__)

SERVES_ROUTES = frozenset({"api", "all"})
WORKS = frozenset({"worker", "all"})
ANSWERS = frozenset({"park"})
"""Whose standard output is an answer, for programs too, and no place for logs."""


def main(service: Service, argv: Sequence[str] | None = None) -> None:
    """The command line of a service."""
    options = _parser(service).parse_args(argv)
    if options.role == "openapi":
        app = bare_app(service.name, service.all_routers)
        sys.exit("\n".join(openapi.write(app, options.file, check=options.check)) or None)
    settings = load(service.settings)
    to = sys.stderr if options.role in ANSWERS else sys.stdout
    configure_logs(service.name, options.role, settings.log_level, to=to)
    if options.role == "migrate":
        asyncio.run(apply_migrations(service, settings))
    elif options.role == "park":
        try:
            sys.exit(asyncio.run(_park(service, settings, options)))
        except KeyboardInterrupt:
            sys.exit(park_cli.INTERRUPTED)
    elif options.role == "keys":
        asyncio.run(_rewrap(service, settings))
    elif options.role == "replay":
        sys.exit(asyncio.run(_replay(service, settings, options)))
    else:
        configure_traces(service.name, settings.otlp_endpoint)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(service, settings, options.role))


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("api", help="answer HTTP")
    roles.add_parser("worker", help="publish and consume events; HTTP for health and metrics only")
    roles.add_parser("all", help="api and worker in one process")
    roles.add_parser("migrate", help="create topics, collections, indexes and validators, then end")
    park_cli.add_arguments(roles.add_parser("park", help="see, retry or discard parked events"))
    replay_cli.add_arguments(roles.add_parser("replay", help="build anew, or run again, what events led to"))
    keys = roles.add_parser("keys", help="keep the keys that people's text is sealed by")
    keys.add_argument(
        "action", choices=("rewrap",), help="wrap every key by MASTER_KEY instead of the one before"
    )
    describe = roles.add_parser("openapi", help="write the OpenAPI document to a file; needs no setting")
    describe.add_argument("file", type=Path)
    describe.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is stale")
    return parser


async def _park(service: Service, settings: ServiceSettings, options: argparse.Namespace) -> int:
    async with open_runtime(service, settings) as runtime:
        return await park_cli.run(options, runtime.parking)


async def _replay(service: Service, settings: ServiceSettings, options: argparse.Namespace) -> int:
    async with open_runtime(service, settings) as runtime:
        return await replay_cli.run(options, rebuild_of(service, runtime), replay_of(service, runtime))


async def _rewrap(service: Service, settings: ServiceSettings) -> None:
    async with open_runtime(service, settings) as runtime:
        if runtime.vault is None:
            raise SystemExit(f"{service.name} keeps no sealed text, and has no keys")
        await _check_keys(runtime.vault)
        log.info("keys_rewrapped", keys=await runtime.vault.rewrap(now=runtime.clock()))


async def _check_keys(vault: Vault) -> None:
    try:
        await vault.check()
    except WrongMasterKey as problem:
        raise SystemExit(f"setting MASTER_KEY: {problem}") from None


async def _serve(service: Service, settings: ServiceSettings, role: str) -> None:
    routers = service.all_routers if role in SERVES_ROUTES else ()
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(service, settings))
        await refuse_half_way(service, runtime, role)
        if role in WORKS:
            await stack.enter_async_context(working(service, runtime))
        server = _Server(
            settings.grace_s,
            uvicorn.Config(
                create_app(service.name, routers, runtime, forms=service.forms, uploads=service.uploads),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,  # Each request has its span and its measurement.
                timeout_graceful_shutdown=settings.grace_s // 2,
                server_header=False,
                # It would believe whatever comes from this machine; we count trusted proxies instead.
                proxy_headers=False,
            ),
        )
        log.info("serving", host=settings.host, port=settings.port)
        spare_the_collector()
        await server.serve()


async def refuse_half_way(service: Service, runtime: Runtime, role: str) -> None:
    """Refuse to start half-way, by SystemExit: what is missing is named with the command that makes it.

    Only who answers people needs the issuer: while it is down, workers start and events flow. And only who takes
    events to Kafka or from it needs that: while it is away, people are served.
    """
    gone = await missing(runtime.database, service.all_collections, service.all_migrations)
    if gone:
        raise SystemExit(
            f"database {runtime.database.name} lacks {', '.join(gone)}; "
            f"run: python -m services.{service.name} migrate"
        )
    if runtime.vault is not None:
        await _check_keys(runtime.vault)
    if wrong := [sentence for check in service.checks for sentence in await check(runtime)]:
        raise SystemExit(f"database {runtime.database.name}: " + "; ".join(wrong))
    if role in WORKS:
        await check_topics(runtime.settings.kafka_url, service.topics, client_id=client_id_of(service.name))
    if role in SERVES_ROUTES and service.routers:
        try:
            await runtime.issuer.check()
        except IssuerUnavailable as problem:
            raise SystemExit(f"setting OIDC_ISSUER: {problem}") from None


def spare_the_collector() -> None:
    """Take what start-up made out of the garbage collector's sight, and let it look less often.

    Modules and classes stay for good; walking them again and again took a third of the time of a batch of
    reactions, and its pauses were the slowest answers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


class _Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT without raising them again, so that what encloses it is closed in order:

    the consumer leaves its group, the lease is given back, and changes that wait are saved. Requests have half of
    `grace_s`. When it is over the process ends wherever it is: what is not saved by then was promised to nobody.
    """

    def __init__(self, grace_s: int, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._last_resort = threading.Timer(grace_s, _end)
        self._last_resort.daemon = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; said again it changes nothing, but that Ctrl-C no longer waits for requests."""
        if not self.should_exit:
            self._last_resort.start()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle both signals for the length of the block."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def _end() -> None:
    """From a thread: the driver's own threads may wait for a database that is silent, and the loop for them."""
    log.warning("ended_at_the_end_of_the_grace_period")
    os._exit(0)
