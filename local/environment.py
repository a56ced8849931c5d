"""What each child process is told by its environment: names and addresses in the cloud, secrets, the state folder."""

import hmac
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.cloud import names
from local.state import StateFolder

# A worker that is killed is noticed this soon: on one machine a beat costs next to nothing.
_WORKER_TIMES = {
    "WORKER_HEARTBEAT_SECONDS": "0.5",
    "WORKER_LEASE_SECONDS": "5",
    "WORKER_GRACE_SECONDS": "1",
    # Ctrl-C waits for a poll to end.
    "WORKER_POLL_SECONDS": "1",
}
# Numeric libraries would start a thread per core in every process, for work that is small.
_ONE_THREAD_EACH = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the inner processes listen, on loopback."""

    cloud: int
    functions: int


def child_environment(
    state: StateFolder, ports: Ports, *, base_url: str, plan: str | None, allow_fetch: Sequence[str]
) -> dict[str, str]:
    """One environment for all children. Of the developer's own AWS set-up only PARLEY_AWS_PROFILE and where its files
    are reaches them: for Polly and Bedrock, which no local cloud plays."""
    secrets = state.secrets()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        **_ONE_THREAD_EACH,
        **_WORKER_TIMES,
        **_cloud_names(ports.cloud),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports.cloud}",
        "AWS_ACCESS_KEY_ID": secrets.access_key_id,
        "AWS_SECRET_ACCESS_KEY": secrets.secret_access_key,
        "AWS_DEFAULT_REGION": names.REGION,
        "AWS_REGION": names.REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **_real_aws_files(os.environ),
        "NO_PROXY": "127.0.0.1,localhost",
        "KEY_PEPPER": secrets.key_pepper,
        "TURN_TOKEN_KEY": hmac.digest(secrets.key_pepper.encode(), b"turn tokens", "sha256").hex(),
        "PUBLIC_BASE_URL": base_url,
        "ALLOW_FETCH": ",".join(allow_fetch),
        "PARLEY_STATE": str(state.root),
        "PARLEY_PLAN": plan or "",
        "PARLEY_FUNCTIONS_PORT": str(ports.functions),
        "POWERTOOLS_METRICS_NAMESPACE": "Parley",
        "POWERTOOLS_SERVICE_NAME": "parley-local",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def _real_aws_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Where the developer keeps profiles, if not in ~/.aws."""
    moved = {"PARLEY_AWS_CONFIG_FILE": "AWS_CONFIG_FILE", "PARLEY_AWS_CREDENTIALS_FILE": "AWS_SHARED_CREDENTIALS_FILE"}
    return {ours: environ[theirs] for ours, theirs in moved.items() if environ.get(theirs) and ours not in environ}


def _cloud_names(port: int) -> dict[str, str]:
    return {
        "TABLE_NAME": names.TABLE,
        "UPLOADS_BUCKET": names.UPLOADS_BUCKET,
        "MEDIA_BUCKET": names.MEDIA_BUCKET,
        "PARLEY_QUEUES": f"http://127.0.0.1:{port}/{names.ACCOUNT}",
        "INSPECT_QUEUE_URL": names.queue_url(port, names.INSPECT_QUEUE),
        "BATCH_LINES_QUEUE_URL": names.queue_url(port, names.BATCH_LINES_QUEUE),
        "SUBMITTED_QUEUE_URL": names.queue_url(port, names.SUBMITTED_QUEUE),
        "RENDER_QUEUE_URL": names.queue_url(port, names.RENDER_QUEUE),
        "STATE_MACHINE_ARN": names.state_machine_arn(),
    }
