"""The system as CloudFormation stacks. `make synth` writes the templates, `make deploy` puts them into an account."""

import sys
from collections.abc import Mapping
from typing import Any

from infrastructure.node import use_pinned_node

# jsii takes the Node that it finds at the first import of the CDK.
use_pinned_node()

from aws_cdk import App  # noqa: E402

from infrastructure.api import ApiStack  # noqa: E402
from infrastructure.data import DataStack  # noqa: E402
from infrastructure.settings import BadSetting, Settings  # noqa: E402
from infrastructure.workflow import WorkflowStack  # noqa: E402


def build(context: Mapping[str, Any] | None = None, outdir: str | None = None) -> App:
    """The app, not synthesised yet. `context` and `outdir`: None for the command line's. Raises BadSetting."""
    app = App(context=context, outdir=outdir)
    settings = Settings.from_context(app.node.try_get_context)
    data = DataStack(app, "ParleyData")
    workflow = WorkflowStack(app, "ParleyWorkflow", settings, data)
    ApiStack(app, "ParleyApi", settings, data, workflow)
    return app


if __name__ == "__main__":
    try:
        build().synth()
    except BadSetting as problem:
        sys.exit(str(problem))
