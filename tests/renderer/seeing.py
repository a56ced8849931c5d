"""What a runtime draws, as RGB."""

from __future__ import annotations

from renderer.runtimes.mesh.runtime import MeshRuntime
from renderer.types import Floats, Picture


def shown(runtime: MeshRuntime, mouth: Floats, head: Floats) -> Picture:
    """RGB uint8 (H, W, 3) of one pose."""
    drawn = runtime.draw(mouth, head)
    return drawn.rgb()
