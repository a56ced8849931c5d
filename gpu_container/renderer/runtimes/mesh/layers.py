"""Which layers a face has, in the order they are painted: each over those before it."""

from __future__ import annotations

from renderer.runtimes.mesh.creases import Creases
from renderer.runtimes.mesh.frame import FaceFrame
from renderer.runtimes.mesh.gaze_layer import eye_turns
from renderer.runtimes.mesh.layer import Layer
from renderer.runtimes.mesh.lids import lids
from renderer.types import Picture


def face_layers(frame: FaceFrame, picture: Picture) -> list[Layer]:
    """Painted when skin, lips and the mouth's inside are drawn. `picture` RGB uint8 (H, W, 3), the face at rest."""
    return [Creases(frame, picture), *eye_turns(frame, picture), *lids(frame, picture)]
