"""Artefacts of magnetic resonance."""
