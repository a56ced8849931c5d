"""Speech whose phones have known times: espeak-ng, and voices made of human recordings (flite, festival)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from phone_sets import ARPABET, CATALAN, CZECH, FINNISH, HINDI, ITALIAN, RUSSIAN, ipa
from texts import sentence

from renderer.speech import speak
from renderer.speech.errors import SpeechRejected
from renderer.speech.resample import resample
from renderer.types import RATE, Phoneme, Samples
from renderer.visemes.spectrum import ANALYSIS_RATE


@dataclass(frozen=True)
class Take:
    """One spoken sentence: `sound` int16 (N,) at 16 kHz; `phonemes` cover it; `voice` names who speaks."""

    voice: str
    sound: Samples
    phonemes: tuple[Phoneme, ...]


@dataclass(frozen=True)
class FestivalVoice:
    """A voice of festival: what its texts are written in, and its phones."""

    language: str
    encoding: str
    phones: dict[str, str]


FLITE: Final = ("slt", "awb", "rms", "kal16")
FESTIVAL: Final = {
    "cmu_us_slt_arctic_hts": FestivalVoice("en-us", "ascii", ARPABET),
    "kal_diphone": FestivalVoice("en-us", "ascii", ARPABET),
    "ked_diphone": FestivalVoice("en-us", "ascii", ARPABET),
    "lp_diphone": FestivalVoice("it", "latin-1", ITALIAN),
    "pc_diphone": FestivalVoice("it", "latin-1", ITALIAN),
    "upc_ca_ona_hts": FestivalVoice("ca", "latin-1", CATALAN),
    "czech_dita": FestivalVoice("cs", "iso-8859-2", CZECH),
    "czech_krb": FestivalVoice("cs", "iso-8859-2", CZECH),
    "czech_machac": FestivalVoice("cs", "iso-8859-2", CZECH),
    "czech_ph": FestivalVoice("cs", "iso-8859-2", CZECH),
    "suo_fi_lj_diphone": FestivalVoice("fi", "latin-1", FINNISH),
    "hy_fi_mv_diphone": FestivalVoice("fi", "latin-1", FINNISH),
    "msu_ru_nsh_clunits": FestivalVoice("ru", "utf-8", RUSSIAN),
    "hindi_NSK_diphone": FestivalVoice("hi", "utf-8", HINDI),
}
"""Debian packages festvox-us-slt-hts, -kallpc16k, -kdlpc16k, -italp16k, -itapc16k, -ca-ona-hts, -czech-*, -suopuhe-*,
-hi-nsk, -ru."""
ESPEAK_TIMBRES: Final = ("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7",
                         "+m8", "+Annie", "+Alicia", "+adam", "+Andy",
                         "+Denis", "+Michael", "+steph", "+klatt2")  # fmt: skip


def espeak_takes(voice: str, count: int, choose: np.random.Generator) -> Iterator[Take]:
    """`count` sentences of a language of espeak-ng, each in another timbre, speed and pitch."""
    for _ in range(count):
        timbre = str(choose.choice(ESPEAK_TIMBRES))
        speed, pitch = int(choose.integers(120, 235)), int(choose.integers(20, 85))
        try:
            speech = speak(sentence(voice, choose), voice=voice + timbre, words_per_minute=speed, pitch=pitch)
        except SpeechRejected:
            continue
        yield Take(f"espeak {voice}", resample(speech.samples, RATE, ANALYSIS_RATE), speech.phonemes or ())


def flite_takes(voice: str, count: int, choose: np.random.Generator, folder: Path) -> Iterator[Take]:
    """`count` sentences of a voice of flite."""
    path = folder / "flite.wav"
    for _ in range(count):
        stretch = f"duration_stretch={choose.uniform(0.8, 1.25):.2f}"
        command = ["flite", "-voice", voice, "--setf", stretch, "-psdur", "-t", sentence("en-us", choose)]
        printed = subprocess.run([*command, "-o", str(path)], capture_output=True, text=True, check=True).stdout
        ends = [entry.rpartition(":") for entry in printed.split()]
        yield Take(f"flite {voice}", read_wave(path), _phonemes(((name, float(end)) for name, _, end in ends), ARPABET))


def festival_takes(voice: str, count: int, choose: np.random.Generator, folder: Path) -> Iterator[Take]:
    """`count` sentences of a voice of festival. A sentence it cannot read is left out."""
    kind = FESTIVAL[voice]
    lines = [f"(voice_{voice})"]
    for index in range(count):
        text = sentence(kind.language, choose).replace('"', "")
        lines.append(f"(Parameter.set 'Duration_Stretch {choose.uniform(0.8, 1.25):.2f})")
        lines.append(f'(unwind-protect (begin (set! u (utt.synth (Utterance Text "{text}")))')
        lines.append(f'(utt.save.wave u "{folder}/{index}.wav" \'riff) (utt.save.segs u "{folder}/{index}.lab")) nil)')
    script = folder / "say.scm"
    script.write_text("\n".join(lines), kind.encoding, errors="ignore")
    for old in [*folder.glob("*.lab"), *folder.glob("*.wav")]:
        old.unlink()
    subprocess.run(["festival", "-b", str(script)], capture_output=True, check=False)
    for label in sorted(folder.glob("*.lab")):
        rows = [line.split() for line in label.read_text("latin-1").splitlines()[1:]]
        phonemes = _phonemes(((row[2], float(row[0])) for row in rows if len(row) > 2), kind.phones)
        yield Take(f"festival {voice}", read_wave(label.with_suffix(".wav")), phonemes)


def read_wave(path: Path) -> Samples:
    """The sound of a file, mono int16 (N,) at 16 kHz."""
    with av.open(str(path)) as wave:
        rate = wave.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in wave.decode(audio=0)])
    return resample(sound.astype(np.int16), rate, ANALYSIS_RATE)


def _phonemes(ends: Iterator[tuple[str, float]], phones: dict[str, str]) -> tuple[Phoneme, ...]:
    found: list[Phoneme] = []
    start = 0.0
    for name, end in ends:
        found.append(Phoneme(ipa(phones, name), start, end))
        start = end
    return tuple(found)
