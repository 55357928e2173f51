"""The ratios as JSON, held against those that were committed: a guard against getting slower unnoticed."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import Table, Target

COMMITTED = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.25
"""Between two runs on one machine ratios differ by some 15 %; what is worse by more than this is said."""


def compare(table: Table, written: Path) -> Iterator[str]:
    """Write the ratios of this run, and say in a sentence each which are worse than the committed ones."""
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(json.dumps({one.key: round(one.value, 3) for one in table.targets}, indent=2) + "\n")
    committed: dict[str, float] = json.loads(COMMITTED.read_text())
    worse = [one for one in table.targets if one.key in committed and is_worse(one, committed[one.key])]
    yield f"\nratios are in {written}; compared with {COMMITTED.name} (tolerance {TOLERANCE:.0%}):"
    for one in worse:
        yield f"  WORSE {one.what}: {one.value:.2f}, was {committed[one.key]:.2f}"
    if not worse:
        yield "  none is worse"


def is_worse(target: Target, committed: float) -> bool:
    """Beyond the tolerance, on the wrong side?"""
    if target.at_most:
        return target.value > committed * (1 + TOLERANCE)
    return target.value < committed * (1 - TOLERANCE)
