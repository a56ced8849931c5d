"""The render state machine of the repository in a test's cloud, between functions that the test replaces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.moto_cloud import FUNCTION_ARN, ROLE, MotoCloud
from tests.waiting import wait_for

DEFINITION = Path(__file__).parents[1] / "infrastructure" / "lipsync.asl.json"
STEPS = ("fetch", "settle", "refund")


def substituted(values: Mapping[str, str]) -> str:
    """The definition as CloudFormation's DefinitionSubstitutions fill it: `${Name}`, and nothing else, is replaced."""
    return re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], DEFINITION.read_text())


class Machine:
    """The machine of the repository between three functions that a test replaces, and a queue that the test reads."""

    def __init__(self, cloud: MotoCloud) -> None:
        self.cloud = cloud
        self.sqs, self.sfn = cloud.client("sqs"), cloud.client("stepfunctions")
        self.queue = self.sqs.create_queue(QueueName="parley-render")["QueueUrl"]
        for step in STEPS:
            cloud.functions[f"parley-lipsync-{step}"] = lambda _event, _context: {}
        self.fetch_answers(heartbeatSeconds=600, timeoutSeconds=900)
        arns = {f"{step.title()}FunctionArn": f"{FUNCTION_ARN}parley-lipsync-{step}" for step in STEPS}
        definition = substituted({**arns, "RenderQueueUrl": self.queue})
        machine = self.sfn.create_state_machine(name="parley-lipsync", definition=definition, roleArn=ROLE)
        self.arn = machine["stateMachineArn"]

    def on(self, step: str, handler: Callable[[Any], Any]) -> None:
        self.cloud.functions[f"parley-lipsync-{step}"] = lambda event, _context: handler(event)

    def fetch_answers(self, **job: object) -> None:
        self.on("fetch", lambda event: {"renderId": event["renderId"], **job})

    def start(self, name: str = "rnd_1") -> str:
        payload = json.dumps({"renderId": name, "tenant": "ten_1", "environment": "test"})
        return self.sfn.start_execution(stateMachineArn=self.arn, name=name, input=payload)["executionArn"]

    def message(self) -> dict[str, Any]:
        def receive() -> dict[str, Any] | None:
            found = self.sqs.receive_message(QueueUrl=self.queue).get("Messages", [])
            return json.loads(found[0]["Body"]) if found else None

        return wait_for(receive)

    def end(self, execution: str) -> str:
        def ended() -> str | None:
            status = self.sfn.describe_execution(executionArn=execution)["status"]
            return None if status == "RUNNING" else status

        return wait_for(ended)

    def invoked(self, step: str) -> list[Any]:
        return [event for name, event in self.cloud.invoked if name == f"parley-lipsync-{step}"]

    def close(self) -> None:
        """moto's interpreter threads outlive a test and would call into the next one's cloud."""
        for execution in self.sfn.list_executions(stateMachineArn=self.arn)["executions"]:
            if execution["status"] == "RUNNING":
                self.sfn.stop_execution(executionArn=execution["executionArn"])
