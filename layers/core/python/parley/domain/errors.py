"""Every way a request can be refused: one tree, so that one place can turn it into an answer.

ParleyError
├── Unauthorized 401        InsufficientCredits 402 ── SpendLimitExceeded
├── InsufficientScope 403   PlanLimitReached 403       NotFound 404
├── Conflict 409 ─┬─ IdempotencyConflict
│                 ├─ InProgress (retryable)
│                 └─ NotReady (retryable)
├── TooLarge 413
├── InvalidInput 422 ─┬─ MediaRejected
│                     └─ UrlRejected
├── RateLimited 429 ── ConcurrencyLimit
└── UpstreamFailed 502      Unavailable 503

A message says what to change. It never holds a secret, a task token or another tenant's data.
"""

from typing import ClassVar


class ParleyError(Exception):
    """Base of all refusals: HTTP `status`, machine `code`, and whether the same request may succeed later."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code


class Unauthorized(ParleyError):
    """No key, or one that is not good. Codes: unauthorized, key_revoked, key_expired, wrong_environment."""

    status = 401
    default_code = "unauthorized"


class InsufficientCredits(ParleyError):
    """The wallet cannot pay. The answer carries `billingUrl`."""

    status = 402
    default_code = "insufficient_credits"


class SpendLimitExceeded(InsufficientCredits):
    """The key's own hard cap is reached; the wallet may still be full."""

    default_code = "spend_limit_exceeded"


class InsufficientScope(ParleyError):
    """The key is good but may not do this, or its tenant is suspended (code tenant_inactive)."""

    status = 403
    default_code = "insufficient_scope"


class PlanLimitReached(ParleyError):
    """The plan has no room for one more."""

    status = 403
    default_code = "avatar_limit_reached"


class NotFound(ParleyError):
    """Nothing of that id belongs to this tenant and environment; another tenant's id reads the same."""

    status = 404
    default_code = "not_found"


class Conflict(ParleyError):
    """The thing is in a state in which this cannot be done."""

    status = 409
    default_code = "conflict"


class IdempotencyConflict(Conflict):
    """An Idempotency-Key was used again with another request."""

    default_code = "idempotency_conflict"


class InProgress(Conflict):
    """The first request under this Idempotency-Key has not answered yet."""

    default_code = "request_in_progress"
    retryable = True


class NotReady(Conflict):
    """An avatar or asset is still being prepared, or failed. Codes: avatar_not_ready, asset_not_ready."""

    default_code = "avatar_not_ready"
    retryable = True


class TooLarge(ParleyError):
    """The request body or the upload is over its limit."""

    status = 413
    default_code = "too_large"


class InvalidInput(ParleyError):
    """The request does not say what it must say. Codes: invalid_request, voice_unknown, language_unknown."""

    status = 422
    default_code = "invalid_request"


class MediaRejected(InvalidInput):
    """A picture, a clip or a sound that cannot be used; the message is advice to the person who made it.

    Codes: image_unreadable image_too_large image_too_small image_animated no_face several_faces face_not_frontal
    face_too_small face_cropped face_too_dark face_blurred audio_unreadable audio_empty audio_too_short audio_too_long
    audio_refused_format media_too_large clip_unreadable clip_refused_format clip_too_long clip_too_short clip_too_large
    clip_too_small clip_face_missing clip_several_faces clip_cut clip_face_turned clip_face_too_small clip_face_cropped
    clip_too_dark clip_blurred clip_too_few_pictures.
    """

    default_code = "media_rejected"


class UrlRejected(InvalidInput):
    """A URL that will not be fetched, or could not be.

    Codes: url_scheme url_credentials url_port url_private_address url_unresolvable url_not_found url_wrong_type
    url_too_large url_timeout url_too_many_redirects url_failed.
    """

    default_code = "url_failed"


class RateLimited(ParleyError):
    """Too many requests of one key in the window. `retry_after_seconds` becomes the Retry-After header."""

    status = 429
    default_code = "rate_limited"
    retryable = True

    def __init__(self, message: str, code: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message, code)
        self.retry_after_seconds = retry_after_seconds


class ConcurrencyLimit(RateLimited):
    """Every slot of the plan is taken by a running render."""

    default_code = "concurrency_limit_reached"


class UpstreamFailed(ParleyError):
    """Something we depend on answered wrongly."""

    status = 502
    default_code = "upstream_failed"
    retryable = True


class Unavailable(ParleyError):
    """Something we depend on is down, still starting, or was never configured. Nothing was written.

    `retry_after_seconds` becomes the Retry-After header. Codes: service_unavailable, worker_unavailable,
    worker_starting.
    """

    status = 503
    default_code = "service_unavailable"
    retryable = True

    def __init__(self, message: str, code: str | None = None, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message, code)
        self.retry_after_seconds = retry_after_seconds
