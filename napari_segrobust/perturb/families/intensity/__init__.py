"""Other grey values for the same tissue."""
