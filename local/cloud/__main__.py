"""`python -m local.cloud`: brings the kept state back, then serves the cloud on the inherited socket."""

import os
import signal
import socket
import threading
from pathlib import Path

from local import child
from local.cloud import names

STATE = "PARLEY_STATE"
FUNCTIONS_PORT = "PARLEY_FUNCTIONS_PORT"


def main() -> None:
    process = child.begin()
    listener = process.listener or socket.create_server(("127.0.0.1", 0))
    # The state machine's interpreter calls functions and queues at this port.
    os.environ["MOTO_PORT"] = str(listener.getsockname()[1])
    os.environ["MOTO_ACCOUNT_ID"] = names.ACCOUNT
    # Otherwise moto tells every browser that any page may read its answers.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

    from local.cloud.app import serve
    from local.cloud.start import start_cloud

    cloud = start_cloud(Path(os.environ.get(STATE, ".parley")), int(os.environ[FUNCTIONS_PORT]), listener)
    server = serve(cloud.app, listener)
    # shutdown() waits for serve_forever to notice: not from the signal handler, which interrupts it.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    process.ready()
    server.serve_forever(poll_interval=0.1)
    cloud.journal.close()
    # Long polls and executions are threads that may wait for minutes; what they would change is over.
    os._exit(0)


if __name__ == "__main__":
    main()
