"""Random numbers of edits: they depend on the name of the edit and its seed, and on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(name: str, seed: int) -> np.random.Generator:
    """Return a numpy Philox stream keyed by the SHA-256 of name and seed."""
    digest = hashlib.sha256(f'{name} {seed}'.encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], 'little')))
