"""What a hand does to the prompts of a model."""
