"""One file per perturbation; each defines ``SPEC``."""
