"""`python -m tests.chaos.checker FOLDER`: waits until a run is at rest, checks it and prints the verdict."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.checker import commands, effects, routes, stuck, telling, wire
from tests.chaos.checker.findings import Finding, verdict
from tests.chaos.checker.material import Material, Where, read
from tests.chaos.checker.report import report

LOOK_EVERY_S = 1.0


def findings(material: Material, rules: str) -> Iterator[Finding]:
    """Everything that is wrong."""
    yield from wire.check(material)
    yield from stuck.check(material)
    if rules == "echo":
        yield from commands.check(material, routes.ECHO)
        yield from effects.echo(material)
    else:
        yield from commands.check(material, routes.PLATFORM)
        yield from effects.platform(material)
        yield from telling.check(material)


async def at_rest(folder: Path, where: Where) -> Material:
    """What there is once nothing is under way, or once waiting has been long enough; then that is stuck."""
    began = time.monotonic()
    before: int | None = None
    while True:
        material = await read(folder, where)
        waited_s = time.monotonic() - began
        under_way = waited_s < where.rest_within_s and any(stuck.at_rest(material))
        mails = waited_s < where.mail_within_s and stuck.waiting_mails(material)
        if (
            not under_way
            and not mails
            and (before == len(material.records) or waited_s > where.rest_within_s)
        ):
            return material
        before = None if under_way else len(material.records)
        await asyncio.sleep(LOOK_EVERY_S)


def main() -> int:
    """The exit code: 1 when any number is not 0."""
    folder = Path(sys.argv[1])
    where = Where.of(folder)
    material = asyncio.run(at_rest(folder, where))
    found = list(findings(material, where.rules))
    for line in report(material, found):
        print(line, file=sys.stderr)
    keys = {event.key for event in material.events}
    repeated = len(material.records) - len(material.events)
    print(f"{len(material.events)} events of {len(keys)} people, {repeated} repetitions", file=sys.stderr)
    if waiting := len(stuck.waiting_mails(material)):
        print(f"{waiting} e-mails wait for their next attempt", file=sys.stderr)
    print(verdict(where.kills, found), flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
