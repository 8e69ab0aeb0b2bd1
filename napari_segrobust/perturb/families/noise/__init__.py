"""Random noise of detectors and receivers."""
