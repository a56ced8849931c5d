"""Lambda's invoke address: the state machine's calls go on to the process in which our functions live."""

import http.client
import uuid
from collections.abc import Callable

from local.cloud.answers import Answer, json_answer, with_length

InvokeFunction = Callable[[str, bytes], Answer]
# Longer than any function of ours may run: the state machine's own timeouts decide.
_TIMEOUT_SECONDS = 900.0


def forward_to(port: int) -> InvokeFunction:
    """Invokes by HTTP on the loopback port of the functions' process (functions_process.py)."""

    def invoke(name: str, payload: bytes) -> Answer:
        function = name.rpartition(":")[2] if name.startswith("arn:") else name
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", f"/invoke/{function}", payload)
            response = connection.getresponse()
            body = response.read()
            headers = [(key, value) for key, value in response.getheaders() if key.lower().startswith("x-amz")]
            return with_length(f"{response.status} {response.reason}", body, *headers)
        except (OSError, http.client.HTTPException) as error:
            # The process died or was restarted: Lambda says this, and the state machine's Retry knows it.
            return _unavailable(f"{function} could not be reached: {error}")
        finally:
            connection.close()

    return invoke


def _unavailable(message: str) -> Answer:
    said = {"Type": "Service", "Message": message}
    # Without a request id the state machine's interpreter breaks down over the error, and its Retry is never read.
    identity = ("x-amzn-RequestId", str(uuid.uuid4()))
    return json_answer("500 Internal Server Error", said, identity, ("x-amzn-errortype", "ServiceException"))
