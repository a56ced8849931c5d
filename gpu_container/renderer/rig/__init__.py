"""Portraits prepared for rendering."""

from renderer.face.check import FaceRejected
from renderer.rig.rig import Rig, build_rig, load_rig, save_rig

__all__ = ["FaceRejected", "Rig", "build_rig", "load_rig", "save_rig"]
