"""The control plane in Lambda, behind an HTTP API."""

import os

from mangum import Mangum

from functions.api.app import create_app
from functions.api.services import ApiOptions

# API Gateway cuts an integration off after 30 s: what waits longer is answered 202 before that.
DEFAULTS = {"API_LONGEST_WAIT_SECONDS": "25"}

handler = Mangum(create_app(options=ApiOptions.from_env({**DEFAULTS, **os.environ})), lifespan="off")
