"""What a process is told by its environment, read once at its start."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from parley.domain.errors import Unavailable
from parley.domain.rotating_secret import LEAST_BYTES
from parley.domain.voices import Voices, voices_of
from parley.store.secrets import secret_values


class Settings(BaseModel):
    """Names in the cloud. A function is given only what it uses; what is missing is refused where it is used."""

    model_config = ConfigDict(frozen=True)

    table_name: str = "parley"
    uploads_bucket: str = "parley-uploads"
    media_bucket: str = "parley-media"
    inspect_queue_url: str = ""
    batch_lines_queue_url: str = ""
    submitted_queue_url: str = ""
    render_queue_url: str = ""
    state_machine_arn: str = ""
    # Secrets by value, or else by the ARN in Secrets Manager whence they are read as they rotate.
    key_pepper: SecretStr = SecretStr("")
    key_pepper_secret: str = ""
    # What relays and workers sign and check turn tokens with.
    turn_token_key: SecretStr = SecretStr("")
    turn_token_key_secret: str = ""
    # Voices beside espeak-ng's: Amazon Polly's, and those of a server that speaks OpenAI's /v1/audio/speech.
    polly: bool = False
    speech_url: str = ""
    speech_voices: str = "alloy"
    public_base_url: str = "http://localhost:8080"
    # Where clients find the buckets, when it is not S3's own host: signed links begin with it.
    links_base_url: str = ""
    # HOST:PORT pairs the guarded fetcher may reach although they are private. Local platform only.
    allow_fetch: tuple[str, ...] = ()
    # A render that has not ended this long after its submission is refunded by the sweeper.
    hold_seconds: int = Field(default=7200, ge=60)
    # How long a render may wait for a worker's first sign of life: a GPU machine takes minutes to start from nothing.
    render_heartbeat_seconds: int = Field(default=900, ge=1)

    # The ECS service that runs the workers. Unset: nobody is woken and nobody is sent to rest.
    fleet_cluster: str = ""
    fleet_service: str = ""
    # Workers stay so long after the last work; a new one takes about so long to start; so many there are at most.
    fleet_warm_minutes: int = Field(default=10, ge=1, le=1440)
    fleet_start_seconds: int = Field(default=90, ge=10, le=3600)
    fleet_maximum: int = Field(default=1, ge=1, le=1000)

    @field_validator("allow_fetch", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("speech_voices")
    @classmethod
    def _well_formed(cls, value: str) -> str:
        voices_of(speech_voices=value)
        return value

    @field_validator("public_base_url", "links_base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """TABLE_NAME becomes table_name, and so on. An empty variable counts as absent."""
        source = os.environ if environ is None else environ
        named = {name: source.get(name.upper()) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in named.items() if value})

    @property
    def voices(self) -> Voices:
        """Those that are set up."""
        return voices_of(polly=self.polly, speech_voices=self.speech_voices if self.speech_url else "")

    @property
    def turn_key(self) -> bytes:
        """What turn tokens are signed with; Unavailable when it was not set."""
        if self.turn_token_key_secret and not self.turn_token_key.get_secret_value():
            return secret_values(self.turn_token_key_secret)[0]
        advice = "TURN_TOKEN_KEY must be set to at least 16 characters, the same for relays and workers."
        return _long_enough(self.turn_token_key, advice)

    @property
    def peppers(self) -> tuple[bytes, ...]:
        """What keys may be hashed with; the first is for new ones. Unavailable: without one no key can be checked."""
        if self.key_pepper_secret and not self.key_pepper.get_secret_value():
            return secret_values(self.key_pepper_secret)
        return (_long_enough(self.key_pepper, "KEY_PEPPER must be set to at least 16 characters."),)

    @property
    def pepper(self) -> bytes:
        """What a new key is hashed with. Raises Unavailable."""
        return self.peppers[0]


def _long_enough(secret: SecretStr, advice: str) -> bytes:
    value = secret.get_secret_value().encode()
    if len(value) < LEAST_BYTES:
        raise Unavailable(advice)
    return value
