"""The network: log-mel through dilated causal convolutions to visemes and the mouth's shape; and its ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

BINS: Final = 257
BIN_HZ: Final = 31.25
BANDS: Final = 40
LOWEST_HZ, HIGHEST_HZ = 70.0, 7_000.0
FLOOR: Final = 1e-6
"""Power against the speaker's peak below which nothing is told apart: -60 dB."""
FEATURES: Final = BANDS + 1
CHANNELS: Final = 96
DILATIONS: Final = (1, 1, 2, 4, 8, 16, 32)
DELAY: Final = 6
"""Columns (10 ms) the answer comes late: what the network knows of the future."""
VISEMES, SHAPE = 15, 3
BLOCK: Final = 4
"""Columns per call of the exported network."""


def mel_bank() -> NDArray[np.float32]:
    """(BINS, BANDS): triangles of equal width on the mel scale."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    mels = _mel(np.arange(BINS) * BIN_HZ)[:, None]
    up = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0.0, np.minimum(up, down))
    # The narrowest bands lie between two bins: each takes at least its nearest.
    for band in np.flatnonzero(bank.sum(axis=0) < 0.5):
        bank[round(float(_hertz(edges[band + 1])) / BIN_HZ), band] = 1.0
    return bank.astype(np.float32)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)


def _hertz(mel: float) -> float:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


def features(heard: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, 258) heard columns -> (T, FEATURES): decibels and voicing, about -2 to 2."""
    decibels = 10.0 * np.log10(heard[:, :-1] @ mel_bank() + FLOOR)
    return np.concatenate([(decibels + 30.0) / 15.0, heard[:, -1:] * 2.0 - 1.0], axis=1).astype(np.float32)


class Layer(nn.Module):
    """Convolution over three columns, the newest the present one; normalised; added to what came in."""

    def __init__(self, inputs: int, dilation: int) -> None:
        super().__init__()
        self.convolve = nn.Conv1d(inputs, CHANNELS, 3, dilation=dilation, bias=False)
        self.normalise = nn.BatchNorm1d(CHANNELS)
        self.back = 2 * dilation
        self.residual = inputs == CHANNELS

    def forward(self, columns: Tensor) -> Tensor:
        new = functional.relu(self.normalise(self.convolve(functional.pad(columns, (self.back, 0)))))
        return columns + new if self.residual else new

    def folded(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights (out, in, 3) and bias (out,) with the normalisation worked in."""
        norm = self.normalise
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = self.convolve.weight * scale[:, None, None]
        return weights.detach().numpy(), (norm.bias - norm.running_mean * scale).detach().numpy()


class Network(nn.Module):
    """(batch, FEATURES, T) -> scores (batch, 15, T) and shape (batch, 3, T), each DELAY columns late."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Layer(FEATURES if index == 0 else CHANNELS, dilation) for index, dilation in enumerate(DILATIONS)
        )
        self.last = nn.Conv1d(CHANNELS, 64, 1)
        self.drop = nn.Dropout(0.1)
        self.answer = nn.Conv1d(64, VISEMES + SHAPE, 1)

    def forward(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        for layer in self.layers:
            columns = layer(columns)
        answer = self.answer(self.drop(functional.relu(self.last(columns))))
        return answer[:, :VISEMES], answer[:, VISEMES:]


def export(network: Network, path: Path) -> None:
    """Writes the graph: `heard` (BLOCK, 258), a state per layer -> `likelihoods` (BLOCK, 15), `shape` (BLOCK, 3),
    states."""
    network.eval()
    graph = _Graph()
    ends = graph.add("Slice", "heard", np.array([0]), np.array([BINS]), np.array([1]))
    voice = graph.add("Slice", "heard", np.array([BINS]), np.array([BINS + 1]), np.array([1]))
    mel = graph.add("Log", graph.add("Add", graph.add("MatMul", ends, mel_bank()), np.float32(FLOOR)))
    decibels = graph.add("Add", graph.add("Mul", mel, np.float32(10 / np.log(10) / 15)), np.float32(2.0))
    voicing = graph.add("Add", graph.add("Mul", voice, np.float32(2.0)), np.float32(-1.0))
    both = graph.add("Concat", decibels, voicing, axis=1)
    columns = graph.add("Unsqueeze", graph.add("Transpose", both, perm=[1, 0]), np.array([0]))
    for index, layer in enumerate(network.layers):
        assert isinstance(layer, Layer)
        columns = _layer(graph, index, layer, columns)
    for dense, relu in ((network.last, True), (network.answer, False)):
        columns = graph.add("Conv", columns, dense.weight.detach().numpy(), dense.bias.detach().numpy())
        columns = graph.add("Relu", columns) if relu else columns
    rows = graph.add("Transpose", graph.add("Squeeze", columns, np.array([0])), perm=[1, 0])
    scores = graph.add("Slice", rows, np.array([0]), np.array([VISEMES]), np.array([1]))
    graph.add("Softmax", scores, axis=1, name="likelihoods")
    graph.add("Slice", rows, np.array([VISEMES]), np.array([VISEMES + SHAPE]), np.array([1]), name="shape")
    graph.write(path)


def _layer(graph: _Graph, index: int, layer: Layer, columns: str) -> str:
    weights, bias = layer.folded()
    whole = graph.add("Concat", f"state{index}", columns, axis=2)
    graph.add("Slice", whole, np.array([BLOCK]), np.array([BLOCK + layer.back]), np.array([2]), name=f"next{index}")
    new = graph.add("Relu", graph.add("Conv", whole, weights, bias, dilations=[layer.back // 2]))
    return graph.add("Add", columns, new) if layer.residual else new


class _Graph:
    """Nodes in order; arrays given as inputs become constants."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(
        self, kind: str, *inputs: str | NDArray[np.generic] | np.float32, name: str = "", **settings: object
    ) -> str:
        names = [each if isinstance(each, str) else self._constant(np.asarray(each)) for each in inputs]
        out = name or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [out], **settings))
        return out

    def _constant(self, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(values, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def write(self, path: Path) -> None:
        sizes = [(FEATURES if index == 0 else CHANNELS, 2 * dilation) for index, dilation in enumerate(DILATIONS)]
        states = [[1, channels, back] for channels, back in sizes]
        inputs = [_value("heard", [BLOCK, BINS + 1]), *(_value(f"state{i}", size) for i, size in enumerate(states))]
        outputs = [_value("likelihoods", [BLOCK, VISEMES]), _value("shape", [BLOCK, SHAPE])]
        outputs += [_value(f"next{i}", size) for i, size in enumerate(states)]
        graph = helper.make_graph(self.nodes, "visemes", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        helper.set_model_props(model, {"delay_columns": str(DELAY)})
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString(deterministic=True))


def _value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
