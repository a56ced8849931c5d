"""Clients of the AWS services that speak and write for us: of the account we run in, or of one that is named beside it.

`parley up` plays S3, DynamoDB and the rest on this machine, so every process there has an endpoint and keys that are
good for nothing else. PARLEY_AWS_PROFILE names a profile of the real AWS set-up for Polly and Bedrock alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import boto3
import botocore.session
from botocore.config import Config


def service_client(service: str, limits: Config, environ: Mapping[str, str] | None = None) -> Any:
    """A boto3 client. PARLEY_AWS_PROFILE: its account and its files (PARLEY_AWS_CONFIG_FILE and
    PARLEY_AWS_CREDENTIALS_FILE where they are not in ~/.aws), PARLEY_AWS_REGION in place of its region. Without it, the
    process's own account. Raises BotoCoreError.
    """
    env = os.environ if environ is None else environ
    profile = env.get("PARLEY_AWS_PROFILE")
    if not profile:
        # Not the default session: it keeps the credentials that the first client of the process met.
        return cast(Any, boto3).Session().client(service, config=limits)
    session: Any = botocore.session.Session(profile=profile)
    session.set_config_variable("config_file", env.get("PARLEY_AWS_CONFIG_FILE") or "~/.aws/config")
    session.set_config_variable("credentials_file", env.get("PARLEY_AWS_CREDENTIALS_FILE") or "~/.aws/credentials")
    # The endpoint in AWS_ENDPOINT_URL is this machine's own cloud.
    session.set_config_variable("ignore_configured_endpoint_urls", True)
    region = env.get("PARLEY_AWS_REGION") or session.get_scoped_config().get("region")
    return cast(Any, boto3).Session(botocore_session=session, region_name=region).client(service, config=limits)
