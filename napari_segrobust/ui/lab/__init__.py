"""The pitfall lab in a napari window: scenes to guess, masks to change, numbers that follow."""
