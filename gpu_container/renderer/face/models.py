"""Runs MediaPipe's face models (.tflite) on LiteRT: one picture in, raw tensors out."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np

from renderer.types import Floats

MODEL_NAMES: Final = (
    "face_detection_full_range_sparse",
    "face_detection_short_range",
    "face_landmark",
    "iris_landmark",
    "selfie_segmentation",
)


class ModelsMissing(RuntimeError):
    """The face models are not where we look for them: an error at start, never a silent fallback."""


def models_dir() -> Path:
    """Where the `.tflite` files lie: $PARLEY_MODELS, else `models/` beside `gpu_container/`."""
    return Path(os.environ.get("PARLEY_MODELS") or Path(__file__).resolve().parents[3] / "models")


class Model:
    """One loaded network. Calls are serialised: an interpreter holds its tensors."""

    def __init__(self, path: Path) -> None:
        # Imported here: LiteRT costs 100 ms that `parley --help` need not pay.
        from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingTypeStubs]

        interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        self._interpreter = interpreter
        self._input: int = interpreter.get_input_details()[0]["index"]
        self._outputs: list[int] = [detail["index"] for detail in interpreter.get_output_details()]
        self._lock = Lock()

    def __call__(self, picture: Floats) -> list[Floats]:
        """`picture` float32 (H, W, 3) in the model's own range -> its output tensors, float32, as it orders them."""
        with self._lock:
            self._interpreter.set_tensor(self._input, picture[np.newaxis].astype(np.float32, copy=False))
            self._interpreter.invoke()
            return [np.array(self._interpreter.get_tensor(index)) for index in self._outputs]


@cache
def model(name: str) -> Model:
    """The network `name` of MODEL_NAMES, loaded once per process. Raises ModelsMissing."""
    path = models_dir() / f"{name}.tflite"
    if not path.is_file():
        raise ModelsMissing(f"{path.name} is not in {path.parent}: run `make setup`, which fetches the face models")
    return Model(path)
