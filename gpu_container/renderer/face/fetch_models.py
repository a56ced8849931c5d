"""Takes the face models out of MediaPipe's wheel: `python -m renderer.face.fetch_models WHEEL`."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path
from typing import Final

from renderer.face.models import models_dir

# MediaPipe module and model -> SHA-256 of the file. The wheel's own hash is checked by pip; these guard what we run.
FILES: Final = {
    (
        "face_detection",
        "face_detection_full_range_sparse",
    ): "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    (
        "face_detection",
        "face_detection_short_range",
    ): "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ("face_landmark", "face_landmark"): "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    ("iris_landmark", "iris_landmark"): "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    ("selfie_segmentation", "selfie_segmentation"): "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
}


def extract_models(wheel: Path, folder: Path) -> None:
    """Write the five `.tflite` files into `folder`: all of them, once every one is known to be right.

    Raises ValueError when the wheel cannot be read or a file in it is not the one this version was built on.
    """
    contents = _checked(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        # Renamed into place, so that an interrupted set-up never leaves half a model behind.
        partial = folder / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(folder / f"{name}.tflite")


def _checked(wheel: Path) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for module, name in FILES:
                contents[name] = archive.read(f"mediapipe/modules/{module}/{name}.tflite")
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{wheel.name} is not the MediaPipe wheel we take the face models from: {error}") from error
    for (_, name), expected in FILES.items():
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise ValueError(f"{name} in {wheel.name} is not the model this version was built on")
    return contents


if __name__ == "__main__":
    extract_models(Path(sys.argv[1]), models_dir())
