"""How a test run is spread over processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack import Kind
from tests.support.workers import AT_ONCE, LONGEST, how_many, ports_of

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("kind", "processes"), [(Kind.GIVEN, 0), (Kind.CONTAINERS, AT_ONCE), (Kind.EMBEDDED, AT_ONCE)]
)
def test_each_process_has_servers_of_its_own(kind: Kind, processes: int) -> None:
    """Servers that are given would be shared, so there is no other process beside pytest's."""
    assert how_many(kind) == processes


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [("auto", 0, "real services: given by KAFKA_URL and MONGO_URL, so in one process"), ("2", 4, "say -n 0")],
)
def test_given_servers_are_never_shared(asked: str, code: int, said: str) -> None:
    """What `make test` asks for becomes one process, and says so; more that are asked for are refused."""
    done = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            asked,
            "--dist",
            "loadfile",
            "-k",
            "one_url",
            "tests/local/test_choice.py",
        ],
        env={**os.environ, "KAFKA_URL": "nobody:1", "MONGO_URL": "mongodb://nobody"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


def test_processes_choose_free_ports_apart() -> None:
    """No port that one may choose may be chosen by another, and none is left out."""
    ranges = [tuple(map(int, ports_of(number, of=3).split("-"))) for number in range(3)]
    chosen = [port for first, last in ranges for port in range(first, last + 1)]
    first, last = map(int, ports_of(0, of=1).split("-"))
    assert chosen == list(range(first, last + 1))


def test_the_longest_files_come_first(request: pytest.FixtureRequest) -> None:
    """Whichever of them are in a run; each is still there."""
    assert [file for file in LONGEST if not (REPOSITORY / file).is_file()] == []
    files = list(dict.fromkeys(item.nodeid.partition("::")[0] for item in request.session.items))
    long = [file for file in LONGEST if file in files]
    assert files[: len(long)] == long
