"""What is measured, part by part, and which promise each number is held against."""

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.web.local_issuer import LocalIssuer
from tests.bench import commands, consuming, publishing, scale
from tests.bench.commands import LEDGER, PLAIN, Answers, Way
from tests.bench.ground import lay, rows
from tests.bench.settings import BenchSettings
from tests.bench.table import Table, Target, percentile
from tests.support.stack import Stack

MS = 1_000
ROUNDS = 2
WARM_UP = 400
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every part stands on, and the table it writes into."""

    stack: Stack
    issuer: LocalIssuer
    logs: Path
    sizes: BenchSettings
    table: Table


async def measure_consuming(ground: Ground) -> None:
    """Lines a to c and the round trips."""
    stack, sizes, table = ground.stack, ground.sizes, ground.table
    stretch = await lay(stack, rows(sizes.events))
    bare = await consuming.bare(stack, stretch)
    table.rate("a  bare poll and bulk insert", bare, "no guarantee at all")
    same = await consuming.bare_with_the_same_writes(stack, stretch)
    table.rate("a2 bare poll and the writes that ours come to", same, "nothing decided, no guarantee")
    plain = await consuming.one_by_one(stack, stretch, min(sizes.plain_events, sizes.events - 1))
    table.rate("b  plain handler, insert and ack per message", plain, "can double, can't announce")
    ours, trips = await consuming.ours(stack, stretch, profile=sizes.profile)
    table.rate("c  our reactions", ours, "rules, outbox, position, order, once")
    table.targets += [
        Target("reactions_to_plain", "c/b  ours to the plain handler", ours / plain, 25),
        Target("reactions_to_bare", "c/a  ours to the bare poll", ours / bare, 0.3),
        Target("reactions_to_same_writes", "c/a2 ours to the same writes, bare", ours / same, 0.3),
        Target("round_trips", "round trips per 1,000 events", trips, 20, at_most=True),
    ]


async def measure_relay(ground: Ground) -> None:
    """Line f."""
    raw = await publishing.producer_alone(ground.stack, ground.sizes.events)
    relay = await publishing.relayed(ground.stack, ground.sizes.events)
    ground.table.rate("f  raw producer", raw, "idempotent, acks=all")
    ground.table.rate("f  our relay", relay, "read, ordered, sent, deleted")
    ground.table.targets.append(Target("relay_to_raw", "f  relay to the raw producer", relay / raw, 0.5))


async def measure_latency(ground: Ground) -> None:
    """Line g."""
    sizes = ground.sizes
    pace = {"per_second": sizes.per_second, "seconds": sizes.seconds}
    plain = await publishing.plain_commit_to_effect(ground.stack, **pace)
    ours = await publishing.commit_to_effect(ground.stack, **pace)
    for what, took in (("insert, publish, plain handler", plain), ("our commit to effect", ours)):
        shown = " ".join(f"p{share} {percentile(took, share / 100) * MS:.0f} ms" for share in (50, 99))
        ground.table.line(f"g  {what}", shown, f"{sizes.per_second} events/s for {sizes.seconds} s")
    p99 = percentile(ours, 0.99) / percentile(plain, 0.99)
    ground.table.targets.append(Target("effect_p99", "g  p99 to the plain way's", p99, 1.5, at_most=True))


WAYS = {
    "d": Way("plain route, insert and then publish", PLAIN),
    "d2": Way("the same, with our sign-in", PLAIN, path="/signed/tallies"),
    "e": Way("our command, relayed by the same process", LEDGER, ("all",)),
    "e2": Way("the same with an Idempotency-Key each", LEDGER, ("all",), keys=True),
    "e3": Way("our command, relayed by a worker beside it", LEDGER, ("api", "worker")),
}
COMPARED = ("d", "e")
"""Those that are measured with more or fewer at once than usual too."""


async def measure_commands(ground: Ground) -> None:
    """Lines d and e, in rounds that take turns, so that a noisy minute meets all of them."""
    found: dict[tuple[str, int], Answers] = {}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            async with commands.serving(ground.stack, ground.issuer, ground.logs, way) as serving:
                await serving.measure(WARM_UP, at_once=ground.sizes.at_once[0])
                for at_once in ground.sizes.at_once if name in COMPARED else (ground.sizes.usual,):
                    count = ground.sizes.commands // ROUNDS // (8 if at_once == 1 else 1)
                    answers = found.setdefault((name, at_once), Answers())
                    answers.add(await serving.measure(count, at_once=at_once))
    for (name, at_once), answers in sorted(found.items(), key=lambda one: (one[0][1], one[0][0])):
        p50, p99 = (percentile(answers.took, share) * MS for share in (0.5, 0.99))
        note = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {at_once} at once"
        ground.table.rate(f"{name:<2} {WAYS[name].what}", answers.per_second, note)
    for at_once in ground.sizes.at_once:
        ground.table.targets += _command_targets(found["d", at_once], found["e", at_once], at_once)


def _command_targets(plain: Answers, ours: Answers, at_once: int) -> list[Target]:
    if at_once == 1:
        p50 = percentile(ours.took, 0.5) / percentile(plain.took, 0.5)
        return [Target("command_alone", "e/d  latency, one caller (p50)", p50, 1.5, at_most=True)]
    rate, p99 = ours.per_second / plain.per_second, percentile(ours.took, 0.99) / percentile(plain.took, 0.99)
    return [
        Target(f"command_rate_{at_once}", f"e/d  throughput, {at_once} at once", rate, 1.5),
        Target(f"command_p99_{at_once}", f"e/d  p99, {at_once} at once", p99, 0.5, at_most=True),
    ]


async def measure_scale(ground: Ground) -> None:
    """Line h and i.

    Who has been with the programme for years is stored, and hardly anything happens to them any more. That anything
    happens to anybody alike is the worst case: nearly every event touches other pages of the database's files.
    """
    sizes, stack, table = ground.sizes, ground.stack, ground.table
    few, many = sizes.few_persons, sizes.many_persons

    async def cost(persons: int, active: int) -> float:
        return await scale.seconds_per_event(stack, persons=persons, active=active, events=sizes.events)

    small, large, worst = await cost(few, few), await cost(many, few), await cost(many, many)
    table.rate(f"h  our reactions, {few:,} persons stored", 1 / small)
    table.rate(f"h  {many:,} stored, events about the latest {few:,}", 1 / large)
    table.rate(f"h  {many:,} stored, events about anybody", 1 / worst)
    table.targets += [
        Target("cost_of_many", f"h  cost per event, {many:,} to {few:,}", large / small, 1.2, at_most=True),
        Target("two_workers", "i  two workers to one", await _two_to_one(ground), 1.6),
    ]


async def _two_to_one(ground: Ground) -> float:
    rates = [
        await scale.events_per_second(
            ground.stack, ground.issuer, ground.logs, workers=workers, events=2 * ground.sizes.events
        )
        for workers in (1, 2)
    ]
    for workers, rate in enumerate(rates, start=1):
        cores = f"{os.cpu_count()} cores for them, MongoDB and Kafka"
        ground.table.rate(f"i  {workers} worker process(es)", rate, cores)
    return rates[1] / rates[0]


async def measure_memory(ground: Ground) -> None:
    """Resident memory of a real service that is ready and idle."""
    for role in ("api", "worker"):
        process = commands.server(
            ground.stack, ground.issuer, ground.logs, module="services.supervision", role=role
        )
        async with AsyncExitStack() as exits:
            exits.push_async_callback(commands.drop, process)
            exits.push_async_callback(process.kill)
            await process.migrate()
            child = await process.start()
            await child.wait_ready(f"{process.url}/health/ready")
            resident = psutil.Process(child.pid).memory_info().rss / MIB
        ground.table.targets.append(
            Target(
                f"memory_{role}",
                f"resident memory, supervision {role}",
                resident,
                150,
                at_most=True,
                unit=" MB",
            )
        )


PARTS: Mapping[str, Callable[[Ground], Awaitable[None]]] = {
    "consuming": measure_consuming,
    "relay": measure_relay,
    "latency": measure_latency,
    "commands": measure_commands,
    "scale": measure_scale,
    "memory": measure_memory,
}
