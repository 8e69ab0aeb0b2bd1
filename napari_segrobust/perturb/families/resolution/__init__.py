"""Fewer and thicker slices, larger voxels."""
