"""How good are finished videos? Sync, liveliness and flaws in one table, read from pixels by a landmark detector.

    python benchmarks/quality.py [--portrait FILE ...] [--speech FILE ... [--text WORDS ...]] [--own-voice]

Each portrait says each speech for --seconds through the product's own render; without --portrait our two English
presenters do. Speech files are rendered from sound alone and judged by forced alignment with their words: --text (or
@FILE) once per file in the same order; "?" has the English words recognised, "-" measures only what needs no phones.
Our own voice, whose phones are exact, is rendered from its text and from its sound; without --speech it is what is
said. The detector sees decoded pictures only.
"""

# ruff: noqa: T201  (a command that prints)

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    _root = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(_root), str(_root / "gpu_container"), str(_root / "layers/core/python")]

from benchmarks.measure.align import NotAligned, align
from benchmarks.measure.case import Figures, Talk, measure
from benchmarks.measure.targets import SECTIONS, Target
from local.presenter import CAST, draw_presenter
from renderer.media.pictures import decode_picture
from renderer.media.sounds import decode_speech
from renderer.rig import Rig, build_rig
from renderer.speech import speak

TEXT: Final = (
    "Good morning, and welcome back. My name is Emma, and I am happy to be part of your team. "
    "Before we begin, let me show you around the building; it will only take a moment. "
    "People often ask how many paintings we keep up here. The number is somewhere above five thousand, but most of "
    "them are very small. Please remember that the big map by the main gate is old, so the shop and the park have "
    "moved. Peter bought a brown umbrella from Bob for about seven pounds. Would you mind opening the window? "
    "Thank you, that is much better. Every Monday morning the farmers bring apples, cherries and fresh bread. "
    "We hope the weather will be fine, because the music starts at half past four. "
    "If anything is unclear, just call me: my phone is always on."
)
"""About fifty seconds of plain talk: every English sound, closed lips in all places, pauses of every length."""

Column = tuple[str, bool, Figures]
"""Name, whether rendered from text, figures."""


def _rigs(paths: list[Path]) -> dict[str, Rig]:
    if not paths:
        english = [member for member in CAST if member.language.startswith("en")]
        return {member.id: build_rig(draw_presenter(who=member.look)) for member in english}
    return {path.stem[:12]: build_rig(decode_picture(path.read_bytes())) for path in paths}


def _talks(files: list[Path], texts: list[str], own: bool) -> list[Talk]:
    talks: list[Talk] = []
    for index, path in enumerate(files):
        samples = decode_speech(path).samples
        words = texts[index] if index < len(texts) else "?"
        words = Path(words[1:]).read_text(encoding="utf-8") if words.startswith("@") else words
        phones = None
        if words != "-":
            words, phones = align(samples, None if words == "?" else words)
            print(f"{path.name}: {words}", file=sys.stderr)
        talks.append(Talk(path.stem[:14], samples, phones))
    if own or not files:
        speech = speak(TEXT)
        for name, by_text in (("own text", True), ("own sound", False)):
            talks.append(Talk(name, speech.samples, speech.phonemes, by_text))
    return talks


def _cell(target: Target, column: Column) -> str:
    _, by_text, figures = column
    figure = figures.get(target.key, math.nan)
    if math.isnan(figure):
        return "-"
    return f"{target.form.format(figure)} {'ok  ' if target.passes(figure, by_text) else 'FAIL'}"


def _table(columns: list[Column]) -> list[str]:
    """Rows: a figure each, with its target; columns: a portrait and a speech each."""
    heads = [name.split("/") for name, _, _ in columns]
    lines = [
        f"{part:<58}" + "".join(f"{head[row]:>16}" for head in heads)
        for row, part in enumerate(("", f"{'':<38}target"))
    ]
    for title, targets in SECTIONS:
        lines.append(title)
        for target in targets:
            cells = "".join(f"{_cell(target, column):>16}" for column in columns)
            lines.append(f"  {target.label:<36}{target.said:<20}{cells}")
    failed = [sum(_cell(t, column).endswith("FAIL") for _, ts in SECTIONS for t in ts) for column in columns]
    lines.append(f"{'failed':<58}" + "".join(f"{count:>11}     " for count in failed))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portrait", type=Path, nargs="+", default=[])
    parser.add_argument("--speech", type=Path, nargs="+", default=[])
    parser.add_argument("--text", nargs="+", default=[], help='words, @FILE, "?" or "-", one for each --speech')
    parser.add_argument("--own-voice", action="store_true", help="our own voice besides the --speech given")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the MP4s")
    options = parser.parse_args()
    try:
        talks = _talks(options.speech, options.text, options.own_voice)
    except NotAligned as error:
        sys.exit(str(error))
    columns: list[Column] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, rig in _rigs(options.portrait).items():
            folder = (options.keep or Path(scratch)) / name
            folder.mkdir(parents=True, exist_ok=True)
            for talk in talks:
                print(f"{name}, {talk.name} ...", file=sys.stderr)
                columns.append((f"{name}/{talk.name}", talk.by_text, measure(rig, talk, folder, options.seconds)))
    print("\n".join(_table(columns)))
    if options.json:
        options.json.write_text(json.dumps({name: figures for name, _, figures in columns}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
