"""The system as CloudFormation stacks. `make synth` writes the templates, `make deploy` puts them into an account."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infrastructure.node import use_pinned_node

# jsii takes the Node that it finds at the first import of the CDK.
use_pinned_node()

from aws_cdk import App  # noqa: E402

from infrastructure.acknowledged import acknowledge  # noqa: E402
from infrastructure.api import ApiStack  # noqa: E402
from infrastructure.data import DataStack  # noqa: E402
from infrastructure.observability import ObservabilityStack  # noqa: E402
from infrastructure.renderer import RendererStack  # noqa: E402
from infrastructure.settings import BadSetting, Settings  # noqa: E402
from infrastructure.workflow import WorkflowStack  # noqa: E402


def build(context: Mapping[str, Any] | None = None, outdir: str | None = None) -> App:
    """The app, not synthesised yet. `context` goes over that of cdk.json and the command line. Raises BadSetting."""
    told_by_cdk = "CDK_CONTEXT_JSON" in os.environ
    app = App(context={**({} if told_by_cdk else _own_context()), **(context or {})}, outdir=outdir)
    settings = Settings.from_context(app.node.try_get_context)
    data = DataStack(app, "ParleyData")
    workflow = WorkflowStack(app, "ParleyWorkflow", settings, data)
    renderer = RendererStack(app, "ParleyRenderer", settings, data, workflow)
    api = ApiStack(app, "ParleyApi", settings, data, workflow)
    ObservabilityStack(app, "ParleyObservability", settings, data=data, workflow=workflow, renderer=renderer, api=api)
    acknowledge(app, settings)
    return app


def _own_context() -> Mapping[str, Any]:
    """What the command line would hand us of cdk.json."""
    return json.loads(Path(__file__).with_name("cdk.json").read_text())["context"]


if __name__ == "__main__":
    try:
        build().synth()
    except BadSetting as problem:
        sys.exit(str(problem))
