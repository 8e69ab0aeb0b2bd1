"""Wider point spread functions."""
