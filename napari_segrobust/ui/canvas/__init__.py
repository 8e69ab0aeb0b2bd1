"""What is on the canvas: layers and their painting, overlays, the context box, ways to a place."""
