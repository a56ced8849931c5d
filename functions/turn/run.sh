#!/bin/sh
# What the Lambda Web Adapter starts: the turn app on the one port that the adapter talks to.
# The adapter replaces Lambda's own start, which would have put the layer in Python's path.
export PYTHONPATH="${LAMBDA_TASK_ROOT:-.}:/opt/python${PYTHONPATH:+:$PYTHONPATH}"
exec python -m uvicorn --factory functions.turn.app:create_turn_app \
    --host 127.0.0.1 --port "${AWS_LWA_PORT:-8080}" --http httptools --lifespan off \
    --no-access-log --no-server-header --log-level warning
