"""What every test may ask for: the real Kafka and MongoDB of this run."""

import os
import sys
from collections.abc import AsyncIterator

import pytest
import structlog

from tests.support.stack import Kind, Stack, Unusable, kind, real_services
from tests.support.workers import how_many, longest_first, ports_of, refuse_to_share


def pytest_addoption(parser: pytest.Parser) -> None:
    """How large the large tests are."""
    parser.addoption("--outbox-rows", type=int, default=20_000, help="rows in the outbox that is drained")


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """Real services, started once for the whole run, in each of its processes."""
    async with real_services() as running:
        yield running


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` is, which `make test` says."""
    return how_many(_kind())


def pytest_configure(config: pytest.Config) -> None:
    """One of several processes keeps to ports of its own; none of them shares servers.

    Tracebacks are in plain text: drawing one with all its locals takes longer than what most tests are about.
    """
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        number = int(worker["workerid"].removeprefix("gw"))
        os.environ["PEERPATH_FREE_PORTS"] = ports_of(number, of=worker["workercount"])
    refuse_to_share(_kind(), wanted=config.getoption("numprocesses", None) or 0)
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


def pytest_report_header() -> str:
    """Where the real services come from, and what follows from that."""
    alone = ", so in one process" if how_many(_kind()) == 0 else ""
    return f"real services: {_kind()}{alone}"


def _kind() -> Kind:
    """A choice that can't be is refused before anything runs."""
    try:
        return kind()
    except Unusable as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whether in one process or in several, the order is the same."""
    items[:] = longest_first(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Images are pulled before the first test, whose time limit a pull would use up."""
    wanted = any("stack" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        _pull_images()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Before there are several processes: none of them could say what is missing, and each would pull it."""
    _pull_images()


def _pull_images() -> None:
    if _kind() is not Kind.CONTAINERS:
        return
    from tests.support.containers import pull_missing

    try:
        pull_missing(lambda line: print(line, file=sys.stderr, flush=True))
    except Unusable as problem:
        raise pytest.UsageError(str(problem)) from None
