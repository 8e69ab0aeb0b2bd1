"""Another world's look: the style of another image, other contrasts between tissues."""
