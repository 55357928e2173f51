"""What every test may ask for: the real Kafka and MongoDB of this run."""

import sys
from collections.abc import AsyncIterator

import pytest
import structlog

from tests.support.stack import Kind, Stack, Unusable, kind, real_services


def pytest_addoption(parser: pytest.Parser) -> None:
    """How large the large tests are."""
    parser.addoption("--outbox-rows", type=int, default=20_000, help="rows in the outbox that is drained")


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """Real services, started once for the whole run."""
    async with real_services() as running:
        yield running


def pytest_configure() -> None:
    """Tracebacks in plain text: drawing one with all its locals takes longer than what most tests are about."""
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


def pytest_report_header() -> str:
    """Where the real services come from; a choice that can't be is refused before anything runs."""
    try:
        return f"real services: {kind()}"
    except Unusable as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Images are pulled before the first test, whose time limit a pull would use up."""
    wanted = any("stack" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and kind() is Kind.CONTAINERS and not session.config.option.collectonly:
        from tests.support.containers import pull_missing

        try:
            pull_missing(lambda line: print(line, file=sys.stderr, flush=True))
        except Unusable as problem:
            raise pytest.UsageError(str(problem)) from None
