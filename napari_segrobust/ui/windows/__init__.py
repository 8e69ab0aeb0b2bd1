"""The window lab: what each window of a sliding plan holds, and what it says alone."""
