"""Fits the table of renderer/visemes/by_sound_table.py on speech we synthesise: python training/fit_visemes_by_sound.py

espeak-ng (a dependency already) gives languages and timbres; flite, where its program is named by --flite (Debian
package `flite`), gives voices cut from human recordings, which count threefold. Both know which sound is when.
The committed table was fitted with flite 2.2.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from renderer.speech import speak
from renderer.speech.resample import resample
from renderer.types import RATE, VISEMES, Floats, Phoneme, Speech
from renderer.visemes.acoustics import cues_of
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.loudness import energy_of
from renderer.visemes.spectrum import BIN_HZ, power_spectra

HERE = Path(__file__).parent
TABLE = HERE.parent / "gpu_container/renderer/visemes/by_sound_table.py"
TIMBRES = (
    "",
    "+f1",
    "+f2",
    "+f3",
    "+f4",
    "+f5",
    "+m1",
    "+m3",
    "+m4",
    "+m6",
    "+m7",
    "+Annie",
    "+Alicia",
    "+adam",
    "+Andy",
)
FLITE_VOICES = ("slt", "rms", "awb", "kal16")
FLITE_COUNTS = 3
SENTENCES_PER_TAKE = 6
STEPS, RATE_OF_STEP, PENALTY = 600, 0.05, 1e-3
_PAIRS = (
    "aa ɑ ae æ ah ʌ ao ɔ aw aʊ ax ə axr ɚ ay aɪ b b ch tʃ d d dh ð dx ɾ eh ɛ er ɝ ey eɪ f f g ɡ hh h ih ɪ iy i jh dʒ "
    "k k l l m m n n ng ŋ ow oʊ oy ɔɪ p p r ɹ s s sh ʃ t t th θ uh ʊ uw u v v w w y j z z zh ʒ"
)
_NAMES = _PAIRS.split()
ARPABET_IN_IPA = dict(zip(_NAMES[::2], _NAMES[1::2], strict=True))

Columns = NDArray[np.float64]


def takes(flite: str | None) -> Iterator[tuple[Speech, int]]:
    """(speech with phonemes, how often it counts)."""
    choose = np.random.default_rng(1)
    for line in (HERE / "sentences.txt").read_text().splitlines():
        voice, _, text = line.partition("|")
        texts = [each + "." for each in text.rstrip(".").split(". ")]
        for _ in range(16 if voice.startswith("en") else 3):
            start = int(choose.integers(len(texts)))
            picked = " ".join((texts * 2)[start : start + SENTENCES_PER_TAKE])
            speed, pitch = int(choose.integers(130, 220)), int(choose.integers(30, 80))
            timbre = TIMBRES[int(choose.integers(len(TIMBRES)))]
            yield speak(picked, voice=voice + timbre, words_per_minute=speed, pitch=pitch), 1
        if flite and voice == "en-us":
            for name in FLITE_VOICES:
                for start in range(0, len(texts), SENTENCES_PER_TAKE):
                    yield flite_take(flite, name, " ".join(texts[start : start + SENTENCES_PER_TAKE])), FLITE_COUNTS


def flite_take(flite: str, voice: str, text: str) -> Speech:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/take.wav"
        command = [flite, "-voice", voice, "-psdur", "-t", text, "-o", path]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        with av.open(path) as wave:
            sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in wave.decode(audio=0)])
            rate = wave.streams.audio[0].rate
    phonemes, start = [], 0.0
    for entry in printed.split():
        name, _, end = entry.rpartition(":")
        phonemes.append(Phoneme(ARPABET_IN_IPA.get(name, ""), start, float(end)))
        start = float(end)
    return Speech(resample(sound, rate, RATE), tuple(phonemes))


def examples(flite: str | None) -> tuple[Columns, Columns, Columns]:
    """(cues, wanted weights, how much each column counts)."""
    cues: list[Columns] = []
    wanted: list[Columns] = []
    counts: list[Columns] = []
    choose = np.random.default_rng(2)
    for speech, count in takes(flite):
        power = recorded(power_spectra(speech.samples), choose)
        cues.append(cues_of(power)[::2])
        wanted.append(track_from_phonemes(speech.phonemes or (), energy_of(power)).weights[::2].astype(np.float64))
        counts.append(np.full(len(cues[-1]), float(count)))
    return np.concatenate(cues), np.concatenate(wanted), np.concatenate(counts)


def recorded(power: Floats, choose: np.random.Generator) -> Floats:
    """The spectra as another microphone and room would have them: tilted by up to 3 dB an octave, over a hiss."""
    octaves = np.log2(np.maximum(np.arange(power.shape[1]), 2) * BIN_HZ / 1_000)
    tilted = power * 10 ** (choose.uniform(-3, 3) * octaves / 10)
    hiss = np.percentile(tilted.sum(axis=1), 95) * 10 ** (choose.uniform(-65, -30) / 10) / power.shape[1]
    return (tilted + hiss * choose.exponential(1.0, power.shape)).astype(np.float32)


def fit(cues: Columns, wanted: Columns, counts: Columns) -> Columns:
    """(69, 15) scores by multinomial logistic regression; rare visemes weigh by the root of their rarity. Adam."""
    rarity = 1.0 / np.sqrt(wanted.mean(axis=0) + 0.005)
    counts = counts * (wanted @ rarity)
    counts /= counts.sum()
    scores = np.zeros((cues.shape[1], len(VISEMES)))
    first, second = np.zeros_like(scores), np.zeros_like(scores)
    for step in range(1, STEPS + 1):
        guess = cues @ scores
        guess = np.exp(guess - guess.max(axis=1, keepdims=True))
        guess /= guess.sum(axis=1, keepdims=True)
        slope = cues.T @ (counts[:, None] * (guess - wanted)) + 2 * PENALTY * scores
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        size = RATE_OF_STEP * min(1.0, 3.0 * (1.0 - step / (STEPS + 1)))
        scores -= size * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    return scores


def write(scores: Columns) -> None:
    rows = "\n".join("    (" + ", ".join(str(round(100 * each)) for each in row) + ")," for row in scores)
    TABLE.write_text(
        '"""How much each cue of a column speaks for each viseme; written by training/fit_visemes_by_sound.py."""\n\n'
        "from typing import Final\n\n"
        f"HUNDREDTHS: Final[tuple[tuple[int, ...], ...]] = (\n{rows}\n)\n"
        '"""Rows: acoustics.cues_of; columns: VISEMES."""\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flite", help="path of the flite program")
    write(fit(*examples(parser.parse_args().flite)))


if __name__ == "__main__":
    main()
