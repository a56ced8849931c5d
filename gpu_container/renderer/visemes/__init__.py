"""Speech to visemes: `track_of`; sound alone goes through the seam `AudioVisemes`."""

from renderer.visemes.by_sound import NetworkVisemes, VisemeStream
from renderer.visemes.from_phonemes import track_from_phonemes
from renderer.visemes.track import AudioVisemes, track_of

__all__ = ["AudioVisemes", "NetworkVisemes", "VisemeStream", "track_from_phonemes", "track_of"]
