"""/api/v1/voices: what an avatar can speak with."""

from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.protected import ProtectedRoute, needs
from functions.api.services import Asked
from parley.wire.base import Text
from parley.wire.voices import Engine, Gender, Voice, VoiceList

router = APIRouter(prefix="/api/v1/voices", tags=["voices"], route_class=ProtectedRoute)
Language = Annotated[
    Text | None, Query(min_length=2, max_length=35, description="BCP 47, such as `vi` or `en-GB`.", examples=["vi"])
]


@router.get("", operation_id="listVoices", summary="List the voices")
@needs("avatars:read", refuses=(422,))
def list_all(
    asked: Asked,
    language: Language = None,
    gender: Annotated[Gender | None, Query()] = None,
    engine: Annotated[Engine | None, Query()] = None,
) -> VoiceList:
    """All that are set up, or those of a language, a gender or an engine.

    An avatar without a voice of its own speaks with one that matches the language asked for.
    """
    found = asked.stores.settings.voices.listed(language, gender, engine)
    return VoiceList(data=[Voice.model_validate(voice) for voice in found])
