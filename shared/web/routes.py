"""What is known of the route a request was given to: its template, and the parameters it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.types import Scope


@dataclass(frozen=True, kw_only=True)
class Route:
    """`template` is what logs, metrics and traces call it, such as `/v1/candidates/{candidate}`."""

    template: str
    parameters: frozenset[str] = frozenset()


NONE = Route(template="-")
"""For an address that no route has; its own words would let a stranger make up names without end."""


def route_of(scope: Scope) -> Route:
    """The route of a request that was, or was not, given to one."""
    app = scope["app"]
    if not hasattr(app.state, "routes"):
        app.state.routes = _routes(app)
    routes: Mapping[Callable[..., Any] | None, Route] = app.state.routes
    return routes.get(scope.get("endpoint"), NONE)


def _routes(app: FastAPI) -> Mapping[Callable[..., Any] | None, Route]:
    return {
        context.endpoint: Route(template=str(context.path_format), parameters=_parameters(context))
        for context in iter_route_contexts(app.routes)
        if context.endpoint
    }


def _parameters(context: RouteContext) -> frozenset[str]:
    dependant = getattr(context, "dependant", None)
    fields = get_flat_params(dependant) if dependant else ()
    return frozenset(field.alias for field in fields if isinstance(field.field_info, params.Query))
