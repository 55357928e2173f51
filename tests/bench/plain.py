"""The plain way: a FastAPI route that inserts and then publishes. `python -m tests.bench.plain`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from shared.contracts.supervision import HoursApproved
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.settings import ServiceSettings, load
from shared.web.auth import Issuer
from shared.web.commands import ActorDep
from tests.bench.ground import raw_producer
from tests.support.ledger_service import AddBody

settings = load(ServiceSettings)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(settings.mongo_url.get_secret_value())
    database = client[settings.database or "bench-plain"]
    app.state.hours = database.get_collection("hours", write_concern=WriteConcern("majority"))
    async with raw_producer(settings.kafka_url) as app.state.producer, httpx.AsyncClient() as http:
        app.state.runtime = SimpleNamespace(issuer=Issuer(settings, http))
        yield
    client.close()


app = FastAPI(lifespan=lifespan)


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/signed/tallies/{tally}/hours")
async def add_hours_signed_in(tally: str, body: AddBody, request: Request, _: ActorDep) -> dict[str, Any]:
    """The same with our own check of the token, to tell its price from that of the guarantees."""
    return await add_hours(tally, body, request)


@app.post("/tallies/{tally}/hours")
async def add_hours(tally: str, body: AddBody, request: Request) -> dict[str, Any]:
    """Insert, then publish: what is lost when the process dies in between stays lost."""
    document = {"_id": new_id(), "tally": tally, "entry": body.entry, "hours": body.hours}
    await request.app.state.hours.insert_one(document)
    event = HoursApproved(
        site="leeds",
        person=tally,
        placement=tally,
        programme="core",
        entry=body.entry,
        bucket="direct_support",
        hours=body.hours,
        total=body.hours,
        approved_by=tally,
    )
    value = event.model_dump_json().encode()
    await request.app.state.producer.send_and_wait(SUPERVISION.name, value, key=tally.encode())
    return document


if __name__ == "__main__":
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")
