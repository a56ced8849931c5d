"""The AWS clients of a process, addressed by AWS_ENDPOINT_URL and its kin."""

import os
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_stepfunctions import SFNClient

Client = TypeVar("Client")
_make = cast("Any", boto3).client
# The session that boto3 keeps for all threads is made for one that makes clients.
_MAKING = Lock()
# A store that does not answer in these times is down for the caller who waits.
_QUICK = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 4})
# A long poll alone lasts 20 s.
_PATIENT = Config(connect_timeout=3, read_timeout=70, retries={"mode": "standard", "max_attempts": 4})
# Asked on the way of requests that do not need its answer.
_HURRIED = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "max_attempts": 2})
_OBJECT_TIMES: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 60, "retries": {"mode": "standard"}}


def at_first_use(make: Callable[[], Client]) -> Callable[[], Client]:
    """What `make` makes, once and when first asked for: a client costs tens of ms, and few requests need them all."""
    made: list[Client] = []

    def client() -> Client:
        if not made:
            with _MAKING:
                if not made:
                    made.append(make())
        return made[0]

    return client


def dynamodb() -> "DynamoDBClient":
    return cast("DynamoDBClient", _make("dynamodb", config=_QUICK))


def s3() -> "S3Client":
    # One host that plays S3 has no names for buckets under it, so there they are paths.
    elsewhere = bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))
    style: Literal["path", "virtual"] = "path" if elsewhere else "virtual"
    # Links are signed for a bucket's name in its region, everywhere: that is where CloudFront takes them.
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
        **_OBJECT_TIMES,
    )
    return cast("S3Client", _make("s3", config=config))


def sqs() -> "SQSClient":
    return cast("SQSClient", _make("sqs", config=_PATIENT))


def stepfunctions() -> "SFNClient":
    return cast("SFNClient", _make("stepfunctions", config=_PATIENT))


def ecs() -> Any:
    # Typed where it is used: the stubs of a whole service for two calls would be another package.
    return _make("ecs", config=_HURRIED)


def secretsmanager() -> Any:
    # Typed where it is used, as above.
    return _make("secretsmanager", config=_QUICK)
