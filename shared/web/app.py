"""The application factory: one FastAPI app with errors, health, metrics and limits, for every service."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from shared.web import health, openapi, problems
from shared.web.admission import Admission
from shared.web.edge import Bodies, Observed, Upload
from shared.web.runtime import WebRuntime


def create_app(
    name: str,
    routers: Sequence[APIRouter],
    runtime: WebRuntime,
    *,
    forms: Sequence[str] = (),
    uploads: Sequence[Upload] = (),
) -> FastAPI:
    """The app of one service. `runtime` is what its routes work with; see `Bodies` for `forms` and `uploads`."""
    app = bare_app(name, routers)
    app.state.runtime = runtime
    app.state.readiness = health.Readiness(runtime)
    problems.install(app)
    app.add_middleware(Admission, service=name)
    app.add_middleware(Bodies, forms=forms, uploads=uploads)
    app.add_middleware(Observed, service=name)
    return app


def bare_app(name: str, routers: Sequence[APIRouter]) -> FastAPI:
    """The routes of one service and their description, without anything to work with."""
    # FastAPI's own pages of documentation come from an outside host, which may be out of reach.
    app = FastAPIOffline(
        title=f"Peerpath {name}",
        version="1",
        redoc_url=None,
        # An address is right or wrong: a redirect would repeat a command's body somewhere else.
        redirect_slashes=False,
        # FastAPI's own spans carry whole addresses, such as that of a certificate which nobody should guess.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in (health.router(), *routers):
        app.include_router(router)
    openapi.install(app)
    return app
