"""Turns a portrait and speech into a talking face."""

import os

# Before NumPy loads: its linear algebra here is small, and starting threads for it costs five times what they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
