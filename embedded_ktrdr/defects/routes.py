"""How a defect changes one route, or the body that a route takes."""

from collections.abc import Awaitable, Callable
from functools import wraps
from types import ModuleType
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel, create_model

from embedded_ktrdr.defects.defect import patch

Endpoint = Callable[..., Awaitable[Any]]


def patch_route(module: ModuleType, router: str, path: str, method: str) -> Callable[[Endpoint], None]:
    """Put a function in the place of a route's; it gets the original one first.

    `module` is that which calls `router`, the function that makes the routes; `path` begins with its prefix.
    """

    def put(replacement: Endpoint) -> None:
        @patch(module, router)
        def make(original: Callable[..., APIRouter], *arguments: Any) -> APIRouter:
            made = original(*arguments)
            (route,) = (
                each
                for each in made.routes
                if isinstance(each, APIRoute) and each.path == path and method in (each.methods or ())
            )
            healthy = route.endpoint

            @wraps(healthy)
            async def endpoint(*asked: Any, **named: Any) -> Any:
                return await replacement(healthy, *asked, **named)

            route.endpoint = endpoint
            return made

    return put


def patch_fields(module: ModuleType, model: str, **fields: Any) -> None:
    """Give some fields of a body other types, for the routes of `module`."""
    healthy: type[BaseModel] = getattr(module, model)
    setattr(module, model, create_model(model, __base__=healthy, **fields))
