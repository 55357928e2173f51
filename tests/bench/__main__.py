"""One run on one Kafka and one MongoDB, one table. The machine's speed cancels out in the ratios."""

import asyncio
import tempfile
import time
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
from tests.bench.commands import Answers, Way
from tests.bench.ground import lay, ledger_runtime
from tests.bench.settings import BenchSettings
from tests.bench.table import Table, Target, percentile
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.stack import Stack, real_services

MS = 1_000
ROUNDS = 2
WARM_UP = 400
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


LEDGER = "tests.support.ledger_process"
PLAIN = "tests.bench.plain"
WAYS = {
    "d": Way("plain route, insert and then publish", module=PLAIN, path="/tallies"),
    "d2": Way("the same, with our sign-in", module=PLAIN, path="/signed/tallies"),
    "e": Way("our command, relayed by the same process", module=LEDGER, role="all"),
    "e2": Way("the same with an Idempotency-Key each", module=LEDGER, role="all", keys=True),
    "e3": Way("our command, role api (no relay beside it)", module=LEDGER, role="api"),
}


async def measure_commands(
    stack: Stack, issuer: LocalIssuer, logs: Path, sizes: BenchSettings, table: Table
) -> None:
    """Lines d and e, in rounds that take turns, so that a noisy minute meets all of them.

    A plain route answers when Kafka has the event; our command when the database has it. So a round of ours is
    over, and its time counted, when the outbox is empty again.
    """
    found = {name: Answers() for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            process = commands.server(stack, issuer, logs, module=way.module, role=way.role)
            found[name].add(await _one_round(process, issuer, sizes, way))
    for name, answers in found.items():
        p50, p99 = (percentile(answers.took, share) * MS for share in (0.5, 0.99))
        note = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {sizes.at_once} at once"
        table.rate(f"{name:<2} {WAYS[name].what}", answers.per_second, note)
    plain, ours = found["d"], found["e"]
    p99 = percentile(ours.took, 0.99) / percentile(plain.took, 0.99)
    table.targets += [
        Target("e/d  our command to the plain route", ours.per_second / plain.per_second, 1),
        Target("e/d  p99 of the two", p99, 1, at_most=True),
    ]


async def _one_round(process: ServiceProcess, issuer: LocalIssuer, sizes: BenchSettings, way: Way) -> Answers:
    if way.module == LEDGER:
        await process.migrate()
    tallies = await commands.open_tallies(process)
    await process.start()
    try:
        ready = commands.requests(process, issuer, tallies, way, begin=0, count=WARM_UP)
        await commands.call(process.port, ready, at_once=sizes.at_once)
        count = sizes.commands // ROUNDS
        ready = commands.requests(process, issuer, tallies, way, begin=WARM_UP, count=count)
        began = time.perf_counter()
        answers = await commands.call(process.port, ready, at_once=sizes.at_once)
        if way.role == "all":
            await commands.until_relayed(process)
            answers.in_all = time.perf_counter() - began
        return answers
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
