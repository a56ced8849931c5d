"""The keys that turn tokens are signed and checked with, as they rotate: for workers, who know nothing else of ours."""

from parley.domain.rotating_secret import RotatingSecret, SecretUnreadable, SecretVersions

__all__ = ["RotatingSecret", "SecretUnreadable", "SecretVersions"]
