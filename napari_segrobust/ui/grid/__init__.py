"""The architecture grid in a window: live rows, playing, exports, and the agreement of the models on the canvas."""
