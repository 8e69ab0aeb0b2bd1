"""How the demo models are trained: generated images, a short loop, and nothing else."""
