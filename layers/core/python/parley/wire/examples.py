"""What requests and answers look like, for the OpenAPI document: one of each, of one and the same story."""

from typing import Any

_MOMENT = "2026-06-10T00:00:00.000Z"
_AVATAR_ID = "ava_01JZ8Q4M8K6T3V5X7Y9A0B2C4D"
_ASSET_ID = "ast_01JZ8Q3Z1N5R7T9V2X4Y6A8B0C"
_RENDER_ID = "rnd_01JZ8Q5T2P4S6V8X0Z1B3D5F7H"
_VIDEO_URL = "https://media.example/renders/rnd_01JZ8Q5T2P4S6V8X0Z1B3D5F7H/1.mp4?signed"
_CAPTIONS_URL = "https://media.example/renders/rnd_01JZ8Q5T2P4S6V8X0Z1B3D5F7H/1.vtt?signed"
_KEY_ID = "01JZ8Q6Y5B7D9F1H3K5M7P9R1T"

CREATE_AVATAR: dict[str, Any] = {"displayName": "Rin", "sourceKind": "image", "sourceAssetId": _ASSET_ID}
UPDATE_AVATAR: dict[str, Any] = {"displayName": "Rin, the second", "defaultVoiceId": "espeak:en-us"}
AVATAR: dict[str, Any] = {
    "id": _AVATAR_ID,
    "tenantId": "ten_0001abcd",
    "displayName": "Rin",
    "sourceKind": "image",
    "modelId": "realtime-avatar-live-v1",
    "sourceAssetId": _ASSET_ID,
    "pictureUrl": None,
    "status": "ready",
    "defaultVoiceId": None,
    "cacheManifestId": None,
    "cacheVersion": 0,
    "error": None,
    "idleVideoStatus": "none",
    "settings": {},
    "metadata": {},
    "createdAt": _MOMENT,
    "updatedAt": _MOMENT,
    "isSystem": False,
}
INGEST_REMOTE_ASSET: dict[str, Any] = {"kind": "image", "remoteUrl": "https://example.com/rin.png"}
PRESIGN_UPLOAD: dict[str, Any] = {"kind": "audio", "contentType": "audio/wav", "sizeBytes": 98304000}
ASSET: dict[str, Any] = {
    "id": _ASSET_ID,
    "tenantId": "ten_0001abcd",
    "kind": "image",
    "purpose": "portrait",
    "status": "ready",
    "contentType": "image/png",
    "sizeBytes": 183204,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "publicUrl": "https://uploads.example/assets/ast_01JZ8Q3Z1N5R7T9V2X4Y6A8B0C?signed",
    "originalFilename": "rin.png",
    "metadata": {},
    "width": 1024,
    "height": 1024,
    "durationSeconds": None,
    "error": None,
    "errorCode": None,
    "createdAt": _MOMENT,
    "updatedAt": _MOMENT,
}
SUBMIT_RENDER: list[dict[str, Any]] = [
    {"avatarId": _AVATAR_ID, "text": "Hello, good to see you.", "voiceId": "espeak:en-us"},
    {"avatarId": _AVATAR_ID, "audioUrl": "https://example.com/speech.mp3", "size": 512, "background": "plain_white"},
    {
        "avatarId": _AVATAR_ID,
        "audioUrl": "https://example.com/speech.mp3",
        "size": 1280,
        "aspectRatio": "9:16",
        "transcript": "Hello, good to see you.",
        "captions": {"style": "karaoke"},
    },
]
RENDER: dict[str, Any] = {
    "id": _RENDER_ID,
    "avatarId": _AVATAR_ID,
    "status": "completed",
    "progress": 1,
    "url": _VIDEO_URL,
    "captionsUrl": _CAPTIONS_URL,
    "size": 512,
    "aspectRatio": "1:1",
    "fps": 25,
    "background": "as_is",
    "captions": None,
    "emotion": "neutral",
    "intensity": 0.5,
    "seed": 0,
    "frames": 150,
    "durationSeconds": 6.0,
    "width": 512,
    "height": 512,
    "reservedCreditMicros": 60000000,
    "billedCreditMicros": 6000000,
    "error": None,
    "batchId": None,
    "createdAt": _MOMENT,
    "updatedAt": "2026-06-10T00:00:02.000Z",
    "startedAt": "2026-06-10T00:00:00.100Z",
    "completedAt": "2026-06-10T00:00:02.000Z",
}
LIPSYNC: list[dict[str, Any]] = [
    {"audioUrl": "https://example.com/speech.mp3", "avatarId": _AVATAR_ID},
    {"audioUrl": "https://example.com/speech.mp3", "portraitUrl": "https://example.com/rin.png"},
]
LIPSYNC_RESULT: dict[str, Any] = {
    "url": _VIDEO_URL,
    "captionsUrl": None,
    "avatarId": _AVATAR_ID,
    "frames": 150,
    "fps": 25,
    "durationSeconds": 6.0,
    "renderId": _RENDER_ID,
    "billedCreditMicros": 6000000,
}
CREDIT_BALANCE: dict[str, Any] = {
    "tenantId": "ten_0001abcd",
    "balanceCreditMicros": 36000000000,
    "reservedCreditMicros": 60000000,
    "availableCreditMicros": 35940000000,
    "lifetimeGrantedCreditMicros": 36006000000,
    "lifetimeUsedCreditMicros": 6000000,
    "updatedAt": _MOMENT,
}
CREATE_API_KEY: dict[str, Any] = {"name": "ci", "scopes": ["realtime:write", "avatars:read"]}
API_KEY: dict[str, Any] = {
    "id": f"key_{_KEY_ID}",
    "keyId": _KEY_ID,
    "tenantId": "ten_0001abcd",
    "name": "ci",
    "environment": "test",
    "redactedKey": f"tic_test_{_KEY_ID}...x9fQ",
    "scopes": ["avatars:read", "realtime:write"],
    "status": "active",
    "spendLimitCreditMicros": None,
    "spentCreditMicros": 0,
    "expiresAt": None,
    "createdAt": _MOMENT,
}
CREATED_API_KEY: dict[str, Any] = {**API_KEY, "apiKey": f"tic_test_{_KEY_ID}_this-part-is-shown-only-once-x9fQ"}
