"""The Workflow port on Step Functions: executions by name."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from parley.domain.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

# Step Functions' limits on what a stopped execution tells, in characters.
_ERROR_CHARACTERS = 256
_CAUSE_CHARACTERS = 32768


class StepFunctions:
    """One state machine. The name of an execution is its idempotency: Standard machines keep it for 90 days."""

    def __init__(self, client: "Callable[[], SFNClient]", arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """False when an execution of that name was started before."""
        if not self._arn:
            raise Unavailable("STATE_MACHINE_ARN is not set: this process was not told of the state machine.")
        try:
            self._client().start_execution(stateMachineArn=self._arn, name=name, input=json.dumps(payload))
        except ClientError as error:
            if _code(error) == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def stop(self, name: str, *, error: str, cause: str) -> None:
        """Does nothing to an execution that has ended or never was."""
        try:
            self._client().stop_execution(
                executionArn=self._execution(name), error=error[:_ERROR_CHARACTERS], cause=cause[:_CAUSE_CHARACTERS]
            )
        except ClientError as refusal:
            if _code(refusal) not in {"ExecutionDoesNotExist", "ValidationException"}:
                raise

    def is_running(self, name: str) -> bool:
        """False for an execution that has ended or never was."""
        try:
            answer = self._client().describe_execution(executionArn=self._execution(name))
        except ClientError as refusal:
            if _code(refusal) != "ExecutionDoesNotExist":
                raise
            return False
        return answer["status"] == "RUNNING"

    def _execution(self, name: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
