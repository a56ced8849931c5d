"""Our presenters as avatars of the platform: their ids, and the version of their pictures."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from local.presenter import CAST, Member
from parley.domain.system_avatars import SystemFace
from parley.domain.voices import voices_of

_PACKAGES = ("local.presenter", "renderer.rig", "renderer.face")
"""What a presenter's rig is made by: another line in any of them may make another rig."""


def presenter_faces() -> list[tuple[Member, SystemFace]]:
    """Every presenter, with what is published of it."""
    version = _version()
    return [(member, _face(member, version)) for member in CAST]


def _face(member: Member, version: str) -> SystemFace:
    return SystemFace(
        id=f"ava_presenter{member.id.title()}",
        display_name=member.name,
        gender=member.gender,
        language=member.language,
        voice=voices_of().find(member.voice).id,
        version=version,
    )


def _version() -> str:
    """Names the drawings by the code that makes them, so that they are made again when it changes, and only then."""
    digest = sha256()
    for package in _PACKAGES:
        for source in sorted(_folder(package).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _folder(package: str) -> Path:
    # The packages are not imported: they would bring OpenCV and LiteRT with them.
    parent, _, name = package.partition(".")
    spec = find_spec(parent)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"There is no package {parent}.")
    return Path(spec.submodule_search_locations[0]) / name
