"""The blinded trial in the window: two masks, one key, and nothing told before the end."""
