"""The ways out: files, pictures, words that repeat a result."""
