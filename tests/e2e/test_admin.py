"""`parley admin` against the platform that runs: what it makes works at the API's door."""

import re
import subprocess
import sys

import pytest

from local.api_client import ApiClient, ApiRefused
from tests.e2e.conftest import RunningPlatform

# Each command is a process of its own, which a busy machine takes its time over.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def admin(platform: RunningPlatform, *arguments: str, status: int = 0) -> str:
    """What it printed, on either stream."""
    command = [sys.executable, "-m", "local.cli", "admin", "--state", str(platform.state.root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match is not None, said
    return match[0]


def test_a_tenant_is_made_granted_moved_and_its_key_ended(platform: RunningPlatform) -> None:
    said = admin(platform, "tenant", "create", "--plan", "developer", "--reason", "invoice 1")
    tenant, live = found(r"ten_\w+", said), found(r"tic_live_[\w-]+", said)
    assert "tic_test_" in said
    with ApiClient(platform.base_url, live) as api:
        before = api.ask("GET", "/api/v1/credits/balance")["availableCreditMicros"]
        admin(platform, "grant", tenant, "--minutes", "2.5", "--reason", "a gift")
        assert api.ask("GET", "/api/v1/credits/balance")["availableCreditMicros"] == before + 150_000_000
        assert "studio" in admin(platform, "plan", "set", tenant, "studio", "--reason", "an upgrade")
        made = admin(platform, "key", "create", tenant, "--name", "ci", "--scope", "credits:read")
        key, key_id = found(r"tic_live_[\w-]+", made), found(r"key_\w+", made)
    with ApiClient(platform.base_url, key) as api:
        assert api.ask("GET", "/api/v1/credits/balance")["tenantId"] == tenant
        with pytest.raises(ApiRefused) as lacking:
            api.ask("GET", "/api/v1/avatars")
        assert lacking.value.code == "insufficient_scope"
        admin(platform, "key", "revoke", tenant, key_id, "--reason", "it leaked")
        with pytest.raises(ApiRefused) as refused:
            api.ask("GET", "/api/v1/credits/balance")
        assert refused.value.code == "key_revoked"
    assert key not in admin(platform, "key", "list", tenant)
    lines = admin(platform, "ledger", "list", tenant)
    assert all(word in lines.replace("\n", " ") for word in ("gift", "upgrade", "leaked", "machine"))
    assert "agree with the ledger" in admin(platform, "ledger", "check", tenant)


def test_the_ledger_of_the_platforms_own_tenant_agrees(platform: RunningPlatform) -> None:
    for environment in ("live", "test"):
        said = admin(platform, "ledger", "check", platform.keys.tenant, "--environment", environment)
        assert "agree with the ledger" in said


def test_what_cannot_be_is_refused_in_a_sentence(platform: RunningPlatform) -> None:
    nobody = "ten_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert "There is no tenant" in admin(platform, "ledger", "check", nobody, status=1)
    assert "A tenant's id is" in admin(platform, "grant", "me", "--minutes", "1", "--reason", "x", status=1)
    wrong = ("plan", "set", platform.keys.tenant, "gold", "--reason", "x")
    assert "There is no plan gold" in admin(platform, *wrong, status=1)
    unknown = ("key", "create", platform.keys.tenant, "--name", "x", "--scope", "all")
    assert "scopes" in admin(platform, *unknown, status=2)
    assert "add --aws" in admin(platform, "--region", "eu-west-1", "key", "list", nobody, status=1)
