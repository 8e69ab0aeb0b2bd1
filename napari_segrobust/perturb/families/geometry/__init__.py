"""Where things lie: moved, bent, mirrored, or told wrongly."""
