"""What routes of training are given beside the request."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from services.training.domain.programme import Programmes
from services.training.stock import Stock
from shared.service import Runtime


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(_runtime)]


async def _programmes(runtime: RuntimeDep) -> Programmes:
    stock: Stock = runtime.extras["stock"]
    return await stock.fresh(runtime.database)


ProgrammesDep = Annotated[Programmes, Depends(_programmes)]


def _now(runtime: RuntimeDep) -> datetime:
    return runtime.clock()


NowDep = Annotated[datetime, Depends(_now)]


def _public_url(runtime: RuntimeDep) -> str:
    return runtime.settings.public_url.rstrip("/")


PublicUrlDep = Annotated[str, Depends(_public_url)]
"""Where the public reaches this service, without a slash at the end."""
