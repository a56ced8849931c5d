"""Trains the network that reads visemes from sound: nice python training/train_visemes.py --corpus FOLDER

In an environment of its own: torch==2.13.0 onnx==1.23.2 and requirements/base.txt; Debian packages flite, festival and
the festvox-* voices named in engines.py. The first run synthesises the corpus (about 10 hours of sound, each take in
two or three recordings) into FOLDER; the network goes to the renderer. One thread, one seed; SCORES.md says what the
committed network was trained with and how well it does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "gpu_container"), str(_ROOT / "layers/core/python")]

from corpus import HELD_OUT, heard, noise_examples, shape_of, speech_example, takes  # noqa: E402
from disturb import disturbed  # noqa: E402
from network import DELAY, Network, export, features  # noqa: E402

from renderer.types import VISEMES, Floats  # noqa: E402

OUT: Final = _ROOT / "gpu_container/renderer/visemes/visemes.onnx"
SEED: Final = 20
RECORDINGS: Final = {"flite": 3, "festival": 2, "espeak": 2}
SEGMENT, WARM_UP = 384, 96
"""Columns of a training segment, and how many of its first count for nothing: they lack their past."""
BATCH: Final = 24
HIGHEST_RATE: Final = 3e-3
# How often a column of each kind is drawn: the target is human speech.
_DRAWN: Final = {"flite": 2.2, "festival": 1.5, "espeak": 0.8, "not speech": 1.8}
_LOSS_OF_SHAPE: Final = (16.0, 3.0, 5.0)
_LOSS_OF_TOUCH: Final = 2.0
_PP: Final = VISEMES.index("PP")


@dataclass(frozen=True)
class Corpus:
    """All examples one after another: `columns` float16 (N, 41), `weights` (N, 15), `shape` (N, 3); where each
    begins and ends, and who speaks."""

    columns: NDArray[np.float16]
    weights: NDArray[np.float16]
    shape: NDArray[np.float16]
    starts: NDArray[np.int64]
    voices: list[str]


def synthesise(folder: Path) -> None:
    """Writes the corpus to `folder`."""
    choose = np.random.default_rng(SEED)
    parts: list[tuple[Floats, Floats]] = []
    voices: list[str] = []
    began = time.process_time()
    for take in takes(SEED):
        held = take.voice in HELD_OUT
        for _ in range(1 if held else RECORDINGS[take.voice.split()[0]]):
            example = speech_example(take, choose, plain=held)
            parts.append((features(heard(example)), example.weights))
            voices.append(example.voice)
    for example in noise_examples(SEED):
        parts.append((features(heard(example)), example.weights))
        voices.append(example.voice)
    folder.mkdir(parents=True, exist_ok=True)
    whole = [np.concatenate([part[index] for part in parts]).astype(np.float16) for index in range(2)]
    starts = np.cumsum([0, *(len(part[0]) for part in parts)])
    np.savez(folder / "corpus.npz", *whole, starts=starts, voices=np.array(voices))
    _say(f"{starts[-1] / 6000:.0f} minutes of sound in {time.process_time() - began:.0f} s of CPU time")


def load(folder: Path) -> Corpus:
    if not (folder / "corpus.npz").exists():
        synthesise(folder)
    with np.load(folder / "corpus.npz") as kept:
        columns, weights, starts = (kept[name] for name in ("arr_0", "arr_1", "starts"))
        voices = [str(each) for each in kept["voices"]]
    # Not kept: what the mouth does with a viseme may change, and the corpus takes long.
    shapes = [shape_of(weights[a:b].astype(np.float32)) for a, b in itertools.pairwise(starts)]
    return Corpus(columns, weights, np.concatenate(shapes).astype(np.float16), starts, voices)


def segments(corpus: Corpus, choose: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first columns, examples' first columns) of one batch: where its segments begin, among the training voices."""
    starts = corpus.starts
    lengths = np.diff(starts).astype(np.float64)
    drawn = np.array([0.0 if v in HELD_OUT else _DRAWN[_kind(v)] for v in corpus.voices]) * lengths
    chosen = choose.choice(len(lengths), BATCH, p=drawn / drawn.sum())
    # From one segment before its end: the answer to the last columns comes DELAY later.
    first = (
        starts[chosen] + (choose.random(BATCH) * (lengths[chosen] + DELAY - WARM_UP)).astype(np.int64) - WARM_UP // 2
    )
    return np.clip(first, 0, starts[-1] - SEGMENT - DELAY), chosen


def _kind(voice: str) -> str:
    return "not speech" if voice.startswith("not speech") else voice.split()[0]


def batch(corpus: Corpus, choose: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Columns (B, 41, T), and what is wanted of them DELAY columns earlier: weights (B, 15, T), shape (B, 3, T)."""
    first, _ = segments(corpus, choose)
    at = first[:, None] + DELAY + np.arange(SEGMENT)
    columns = corpus.columns[at].astype(np.float32)
    wanted = corpus.weights[at - DELAY].astype(np.float32), corpus.shape[at - DELAY].astype(np.float32)
    heard_so = np.stack([disturbed(each, choose) for each in columns])
    return torch.from_numpy(heard_so.transpose(0, 2, 1).copy()), *(
        torch.from_numpy(w.transpose(0, 2, 1).copy()) for w in wanted
    )


def train(corpus: Corpus, steps: int, begin: Path | None, keep: Path) -> Network:
    """`keep` gets the weights every 500 steps and at the end. What goes on from `begin` sees other examples, and
    learns a little slower."""
    seed, rate = (SEED, HIGHEST_RATE) if begin is None else (SEED + 1, HIGHEST_RATE * 2 / 3)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    choose = np.random.default_rng(seed)
    network = Network()
    if begin is not None:
        network.load_state_dict(torch.load(begin))
    rarity = torch.from_numpy(1.0 / np.sqrt(corpus.weights[::50].astype(np.float32).mean(axis=0) + 0.005))
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
    mean = 0.0
    for step in range(1, steps + 1):
        loss = _loss(network, batch(corpus, choose), rarity)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        mean += (float(loss.detach()) - mean) * (0.02 if step > 1 else 1.0)
        if step % 100 == 0:
            _say(f"step {step}: loss {mean:.3f}, {time.process_time():.0f} s of CPU time")
        if step % 500 == 0 or step == steps:
            torch.save(network.state_dict(), keep)
    return network


def _loss(network: Network, examples: tuple[Tensor, Tensor, Tensor], rarity: Tensor) -> Tensor:
    """Cross entropy of the visemes, the rare ones counting more, that of lips that touch or do not once more, and the
    squared error of the shape."""
    columns, weights, shape = examples
    # Half the bits are enough to learn from, and twice as fast.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, guess = (each.float() for each in network(columns))
    count = (weights * rarity[None, :, None]).sum(1)[:, WARM_UP:]
    crossed = -(weights * torch.log_softmax(scores, 1)).sum(1)[:, WARM_UP:]
    away = ((guess - shape) ** 2 * torch.tensor(_LOSS_OF_SHAPE)[None, :, None]).sum(1)[:, WARM_UP:]
    touch = torch.logsumexp(scores, 1) - scores[:, _PP]
    apart = torch.logsumexp(scores, 1) - torch.logsumexp(_without(scores, _PP), 1)
    shut = weights[:, _PP]
    touched = (shut * touch + (1 - shut) * apart)[:, WARM_UP:]
    return (crossed * count).mean() / count.mean() + _LOSS_OF_TOUCH * touched.mean() + away.mean() * 2


def _without(scores: Tensor, index: int) -> Tensor:
    return torch.cat([scores[:, :index], scores[:, index + 1 :]], dim=1)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=9_000)
    parser.add_argument("--begin", type=Path, help="weights to go on from")
    options = parser.parse_args()
    corpus = load(options.corpus)
    export(train(corpus, options.steps, options.begin, options.corpus / "weights.pt"), OUT)


if __name__ == "__main__":
    main()
