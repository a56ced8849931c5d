"""Uploads are decoded here as they are in tests of the decoders: patiently."""

from tests.renderer.conftest import patience  # noqa: F401 (a fixture)
