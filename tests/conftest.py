"""What every test may ask for: the real Kafka and MongoDB of this run."""

from collections.abc import AsyncIterator

import pytest

from tests.support.stack import Stack, real_services


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """Real services, started once for the whole run."""
    async with real_services() as running:
        yield running


def pytest_report_header() -> str:
    """Say where the real services come from."""
    return "real services: KAFKA_URL and MONGO_URL if given, else Docker, else the embedded stack"
