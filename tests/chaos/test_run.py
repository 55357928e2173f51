"""A short run, with whoever is there of the four services, and what holds of the tools of it."""

import ast
import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from shared.contracts import people, recruitment, supervision, training
from shared.contracts.envelope import EVENTS
from shared.steps import Step
from tests.chaos.checker import telling
from tests.chaos.process import Action, Fault
from tests.chaos.schedule import Schedule
from tests.chaos.servers import REPOSITORY
from tests.support.embedded import needs_embedded

KILLS, SEED = 20, 3
CHECKER = REPOSITORY / "tests/chaos/checker"
ALLOWED = {"aiokafka", "pymongo"}
CONTRACTS = (people, recruitment, supervision, training)
"""Read for their effect: each declares its types in EVENTS."""


@needs_embedded
@pytest.mark.timeout(600)
async def test_twenty_kills_lose_double_reorder_and_stick_nothing(tmp_path: Path) -> None:
    """Processes, broker and database nodes are killed, paused and cut off under load; every step is reached."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos", "--kills", str(KILLS), "--seed", str(SEED)),
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, told = await running.communicate()
    finally:
        if running.returncode is None:
            running.terminate()
            await running.wait()
    print(told.decode()[-20_000:])
    verdict = re.fullmatch(r"kills (\d+) lost 0 doubled 0 reordered 0 stuck 0\n", said.decode())
    assert verdict is not None, said.decode()
    assert int(verdict[1]) >= KILLS
    assert f"{len(Step)} of {len(Step)} steps reached" in told.decode()
    assert running.returncode == 0
    assert os.listdir(tmp_path) == []


def imports_of(file: Path) -> set[str]:
    """The modules a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("file", sorted(CHECKER.glob("*.py")), ids=lambda file: file.stem)
def test_the_checker_knows_nothing_of_what_it_checks(file: Path) -> None:
    """It imports the standard library, the two drivers and itself: neither the product nor the load."""
    strange = {
        name
        for name in imports_of(file)
        if name.partition(".")[0] not in sys.stdlib_module_names | ALLOWED
        and not name.startswith("tests.chaos.checker")
    }
    assert strange == set()


def test_the_checker_knows_real_types_of_events() -> None:
    """Every row of its own table of who is told names a type that is published."""
    published = {name.removeprefix("peerpath.").rsplit(".", 1)[0] for name in EVENTS}
    assert telling.TABLE.keys() <= published


def test_the_same_seed_breaks_the_same_things_in_the_same_order() -> None:
    """Strikes, and the fault of each process at each of its starts, follow from the seed alone."""

    def drawn(seed: int) -> list[object]:
        schedule = Schedule(seed)
        strikes: list[object] = [schedule.next_strike() for _ in range(40)]
        names = ("training worker", "training api")
        return strikes + [schedule.fault_for(name) for name in names for _ in range(40)]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


@pytest.mark.parametrize("role", ["api", "worker"])
def test_every_step_of_a_role_is_broken_in_its_turn(role: str) -> None:
    """No step is left out by chance: a process that is started often enough has a fault at each of them."""
    schedule = Schedule(1)
    faults = [schedule.fault_for(f"training {role}") for _ in range(60)]
    wanted = {step for step in Step if role == "worker" or "insert" in step or step.endswith("_commit")}
    if role == "api":
        wanted -= {Step.BEFORE_OFFSET_COMMIT, Step.AFTER_OFFSET_COMMIT}
    assert {fault.step for fault in faults if fault} == wanted


def test_a_fault_is_read_as_it_is_written() -> None:
    """A process is told of its fault in one word."""
    fault = Fault(step=Step.BEFORE_COMMIT.value, number=3, action=Action.LINGER)
    assert Fault.parse(str(fault)) == fault
