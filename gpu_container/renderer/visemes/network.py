"""The trained network behind visemes from sound: blocks of heard columns in, what the lips do out."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from renderer.types import VISEMES, Floats
from renderer.visemes.hearing import HEARD

MODEL: Final = Path(__file__).with_name("visemes.onnx")
BLOCK: Final = 4
"""Columns per call, always: one shape, one order of sums, so the same bytes however the sound is cut."""
DELAY: Final = 6
"""Columns (10 ms) by which an answer comes late; training/network.py sets it."""

_SETTLING_BLOCKS: Final = 33
"""After these many blocks of silence nothing is left of the state before: the network looks back 1.28 s."""


class Network:
    """One listener: keeps what it heard. `answer` is called block after block."""

    def __init__(self) -> None:
        self._state = _in_silence()

    def answer(self, heard: Floats) -> Floats:
        """float32 (BLOCK, HEARD) -> (BLOCK, 18): likelihoods of VISEMES, then jaw, wide, round; DELAY columns late."""
        answer, self._state = _step(heard, self._state)
        return answer


@lru_cache(maxsize=1)
def _session() -> Any:
    # Imported here: onnxruntime takes a tenth of a second, which text-driven renders need not wait for.
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(MODEL.read_bytes(), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=1)
def _in_silence() -> tuple[Floats, ...]:
    """The state after a long silence: every listener's first."""
    inputs = _session().get_inputs()[1:]
    state = tuple(np.zeros(each.shape, np.float32) for each in inputs)
    quiet = np.zeros((BLOCK, HEARD), np.float32)
    for _ in range(_SETTLING_BLOCKS):
        _, state = _step(quiet, state)
    return state


def _step(heard: Floats, state: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
    feed = {"heard": heard, **{f"state{index}": each for index, each in enumerate(state)}}
    likelihoods, shape, *following = cast(list[Floats], _session().run(None, feed))
    assert likelihoods.shape == (BLOCK, len(VISEMES))
    return np.concatenate([likelihoods, shape], axis=1), tuple(following)
