"""The resources of the API, imported when they are first asked for."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from functions.api.app import create_app
from functions.api.resources import RESOURCES, router_of
from tests.functions.api.world import World

ROOT = Path(__file__).resolve().parents[3]
HELD = """
import sys
from functions.api.handler import handler
print(*(name for name in sys.modules if name.startswith(("functions.api.routes.", "functions.turn.", "httpcore"))))
"""


def status_of(world: World, app: FastAPI, path: str, root: str) -> int:
    async def asked() -> int:
        transport = httpx.ASGITransport(app, root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url="http://parley.test") as client:
            return (await client.get(path)).status_code

    return world.portal.call(asked)


def test_every_module_of_routes_is_a_resource() -> None:
    modules = {path.stem for path in (ROOT / "functions" / "api" / "routes").glob("*.py")} - {"__init__"}
    assert sorted(RESOURCES.values()) == sorted(modules)


@pytest.mark.parametrize("resource", RESOURCES)
def test_all_paths_of_a_resource_begin_as_it_does(resource: str) -> None:
    paths = [route.path for route in router_of(resource).routes if isinstance(route, APIRoute)]
    assert paths and all(path == resource or path.startswith(f"{resource}/") for path in paths)


def test_a_start_waits_for_no_resource_and_for_nothing_that_fetches() -> None:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "core" / "python")))
    known = {"AWS_DEFAULT_REGION": "us-east-1", "KEY_PEPPER": "0123456789abcdef", "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", HELD], env=known, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_resource_comes_with_its_first_request_also_below_another_root(world: World) -> None:
    app = create_app(stores=world.stores)
    before = len(app.router.routes)
    for path, root, status, more in (
        ("/api/v1/avatarsx", "", 404, 0),
        ("/api/v1/avatars/ava_1234", "", 401, 1),
        ("/api/v1/avatars", "", 401, 1),
        ("/stage/health", "/stage", 200, 2),
        ("/health", "", 200, 2),
    ):
        assert status_of(world, app, path, root) == status
        assert len(app.router.routes) == before + more
