"""Presenters of the platform, end to end: usable from the first second by either key, with no avatar of one's own."""

from typing import Any

import pytest

from local.api_client import ApiRefused

RIN = "ava_presenterRin"


@pytest.mark.parametrize("environment", ["test", "live"])
def test_a_presenter_speaks_for_whoever_asks(platform: Any, environment: str) -> None:
    with platform.client(getattr(platform.keys, environment)) as api:
        listed = [avatar for avatar in api.ask("GET", "/api/v1/avatars")["data"] if avatar["isSystem"]]
        assert len(listed) == 6
        rendered = api.wait_for_render(api.submit(RIN, text="Good morning.")["id"], 100.0)
        assert rendered["status"] == "completed", rendered
        with pytest.raises(ApiRefused):
            api.ask("DELETE", f"/api/v1/avatars/{RIN}")
