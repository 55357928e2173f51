"""One run on one Kafka and one MongoDB, one table. The machine's speed cancels out in the ratios."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import structlog
import uvloop

from shared.service import spare_the_collector
from shared.storage.errors import Unavailable
from shared.storage.mongo import connect
from shared.web.local_issuer import LocalIssuer
from tests.bench import commands, consuming, publishing
from tests.bench.commands import Answers
from tests.bench.ground import lay, ledger_runtime
from tests.bench.settings import BenchSettings
from tests.bench.table import Table, Target, percentile
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.stack import Stack, real_services

MS = 1_000
MIB = 1 << 20


async def measure_consuming(stack: Stack, sizes: BenchSettings, table: Table) -> None:
    """Lines a to c and the round trips."""
    stretch = await lay(stack, sizes.events)
    bare = await consuming.bare(stack, stretch)
    table.rate("a  bare poll and bulk insert", bare, "no guarantee at all")
    plain = await consuming.one_by_one(stack, stretch, min(sizes.plain_events, sizes.events - 1))
    table.rate("b  plain handler, insert and ack per message", plain, "can double, can't announce")
    ours, trips = await consuming.ours(stack, stretch, profile=sizes.profile)
    table.rate("c  our reactions", ours, "rules, outbox, position, order, once")
    table.targets += [
        Target("c/b  ours to the plain handler", ours / plain, 15),
        Target("c/a  ours to the bare poll", ours / bare, 0.15),
        Target("round trips per 1,000 events", trips, 40, at_most=True),
    ]


async def measure_relay(stack: Stack, sizes: BenchSettings, table: Table) -> None:
    """Line f."""
    raw = await publishing.producer_alone(stack, sizes.events)
    relay = await publishing.relayed(stack, sizes.events)
    table.rate("f  raw producer", raw, "idempotent, acks=all")
    table.rate("f  our relay", relay, "read, ordered, sent, deleted")
    table.targets.append(Target("f  relay to the raw producer", relay / raw, 0.4))


async def measure_latency(stack: Stack, sizes: BenchSettings, table: Table) -> None:
    """Line g."""
    took = await publishing.commit_to_effect(stack, per_second=sizes.per_second, seconds=sizes.seconds)
    shown = " ".join(f"p{share} {percentile(took, share / 100) * MS:.0f} ms" for share in (50, 99))
    table.line("g  commit to effect", shown, f"{sizes.per_second} events/s for {sizes.seconds} s")


async def measure_commands(
    stack: Stack, issuer: LocalIssuer, logs: Path, sizes: BenchSettings, table: Table
) -> None:
    """Lines d and e, in two rounds that take turns, so that a noisy minute meets all of them."""
    ledger = "tests.support.ledger_process"
    ways = {
        "d  plain route, insert and then publish": ("tests.bench.plain", "-", "/tallies"),
        "d2 the same, with our sign-in": ("tests.bench.plain", "-", "/signed/tallies"),
        "e  our command, role api": (ledger, "api", "/tallies"),
        "e2 our command, role all (relays too)": (ledger, "all", "/tallies"),
    }
    found = {way: Answers() for way in ways}
    for _ in range(2):
        for way, (module, role, path) in ways.items():
            process = commands.server(stack, issuer, logs, module=module, role=role)
            found[way].add(await _one_round(process, issuer, sizes, path, migrate=module == ledger))
    plain, signed, ours, both = found.values()
    for way, answers in found.items():
        p50, p99 = (percentile(answers.took, share) * MS for share in (0.5, 0.99))
        table.rate(way, answers.per_second, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {sizes.at_once} at once")
    for name, answers, beside in (("e/d", ours, plain), ("e/d2", ours, signed), ("e2/d2", both, signed)):
        p99 = percentile(answers.took, 0.99) / percentile(beside.took, 0.99)
        table.targets += [
            Target(f"{name}  our command to the plain route", answers.per_second / beside.per_second, 1),
            Target(f"{name}  p99 of the two", p99, 1, at_most=True),
        ]


async def _one_round(
    process: ServiceProcess, issuer: LocalIssuer, sizes: BenchSettings, path: str, *, migrate: bool
) -> Answers:
    if migrate:
        await process.migrate()
    tallies = await commands.open_tallies(process)
    await process.start()
    try:
        warm = commands.requests(process, issuer, tallies, path=path, begin=0, count=200)
        await commands.call(process.port, warm, at_once=sizes.at_once)
        count = sizes.commands // 2
        ready = commands.requests(process, issuer, tallies, path=path, begin=200, count=count)
        return await commands.call(process.port, ready, at_once=sizes.at_once)
    finally:
        await process.kill()
        await _drop(process)


async def measure_memory(stack: Stack, issuer: LocalIssuer, logs: Path, table: Table) -> None:
    """Resident memory of a real service that is ready and idle."""
    for role in ("api", "worker"):
        process = commands.server(stack, issuer, logs, module="services.supervision", role=role)
        await process.migrate()
        child = await process.start()
        try:
            await child.wait_ready(f"{process.url}/health/ready")
            resident = psutil.Process(child.pid).memory_info().rss / MIB
        finally:
            await process.kill()
            await _drop(process)
        table.targets.append(
            Target(f"resident memory, supervision {role}", resident, 150, at_most=True, unit=" MB")
        )


async def _drop(process: ServiceProcess) -> None:
    # A killed process may leave a transaction open, and its locks are in the way for up to a minute.
    with suppress(Unavailable):
        async with connect(process.mongo_url, process.database) as database:
            await database.drop()


async def measure(sizes: BenchSettings, table: Table) -> None:
    """Fill the table on one stack."""
    with tempfile.TemporaryDirectory(prefix="peerpath-bench-") as logs:
        async with real_services() as stack, issuer_served() as issuer:
            async with ledger_runtime(stack):
                pass  # Creates the topics.
            await measure_consuming(stack, sizes, table)
            await measure_relay(stack, sizes, table)
            await measure_latency(stack, sizes, table)
            await measure_commands(stack, issuer, Path(logs), sizes, table)
            await measure_memory(stack, issuer, Path(logs), table)


async def main() -> None:
    """Measure everything and print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    spare_the_collector()  # As every service process does; the bare ways that run here gain by it too.
    sizes = BenchSettings()
    table = Table()
    try:
        await measure(sizes, table)
    finally:
        print(table)  # Also what was measured before something failed.


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
