"""First step of the workflow: the render's speech, in the form that workers read."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.deployed import fetcher, stores
from functions.lipsync.failure import told_to_the_machine
from functions.lipsync.place import RenderPlace
from functions.lipsync.sound import RendererSpeech
from parley.operations.fetch_speech import fetch_speech

logger = Logger(service="parley-lipsync-fetch")
_maker = RendererSpeech()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The job for a worker. Raises StepRejected or StepUnavailable."""
    place = RenderPlace.model_validate(event)
    logger.append_keys(renderId=place.render_id)
    with told_to_the_machine():
        job = fetch_speech(stores(), fetcher(), _maker, place.space, place.render_id)
    logger.info("speech is ready", source=job.speech_key)
    return job.model_dump(by_alias=True)
