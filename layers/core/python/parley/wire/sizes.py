"""How large files may be. Apart from the models, because every request is bounded before its model is known."""

IMAGE_MAX_BYTES = 16 * 1024 * 1024
AUDIO_MAX_BYTES = 32 * 1024 * 1024
VIDEO_MAX_BYTES = 32 * 1024 * 1024
AUDIO_PRESIGNED_MAX_BYTES = 200 * 1024 * 1024
