"""What the picture holds that the body does not, and what it should hold and lacks."""
