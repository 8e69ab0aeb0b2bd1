"""Noise of annotations: how masks drawn by people differ from what they drew; never called experts."""
