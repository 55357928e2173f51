"""The running service, started once for all tests of its API and reactions."""

from collections.abc import AsyncIterator

import pytest

from services.supervision.service import SERVICE
from tests.supervision.running import People
from tests.support.running import Started, started
from tests.support.stack import Stack


@pytest.fixture(scope="session")
async def supervision(stack: Stack) -> AsyncIterator[Started]:
    """API, relay and reactions of supervision on real Kafka and MongoDB."""
    async with started(SERVICE, stack) as app:
        yield app


@pytest.fixture
def people(supervision: Started) -> People:
    """A site of this test's own."""
    return People(supervision)
