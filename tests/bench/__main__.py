"""One run on one Kafka and one MongoDB, one table. The machine's speed cancels out in the ratios."""

import asyncio
import sys
import tempfile
from pathlib import Path

import structlog
import uvloop

from shared.service import spare_the_collector
from shared.web.local_issuer import LocalIssuer
from tests.bench import baseline, measures
from tests.bench.ground import ledger_runtime
from tests.bench.measures import Ground
from tests.bench.settings import BenchSettings
from tests.bench.table import Table
from tests.support.ledger_process import issuer_served
from tests.support.stack import Stack, real_services


async def measure(sizes: BenchSettings, table: Table) -> None:
    """Fill the table on one stack."""
    with tempfile.TemporaryDirectory(prefix="peerpath-bench-") as logs:
        async with real_services() as stack, issuer_served() as issuer:
            async with ledger_runtime(stack):
                pass  # Creates the topics.
            await _every_part(stack, issuer, Path(logs), sizes, table)


async def _every_part(
    stack: Stack, issuer: LocalIssuer, logs: Path, sizes: BenchSettings, table: Table
) -> None:
    ground = Ground(stack=stack, issuer=issuer, logs=logs, sizes=sizes, table=table)
    for name, part in measures.PARTS.items():
        if name in sizes.parts:
            print(f"measuring: {name}", file=sys.stderr, flush=True)
            await part(ground)


async def main() -> None:
    """Measure everything, print the table, write its ratios and hold them against the last committed ones."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    spare_the_collector()  # As every service process does; the bare ways that run here gain by it too.
    sizes = BenchSettings()
    table = Table()
    try:
        await measure(sizes, table)
    finally:
        print(table)  # Also what was measured before something failed.
        print("\n".join(baseline.compare(table, sizes.written)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
