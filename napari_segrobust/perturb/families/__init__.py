"""One folder per group, one file per perturbation; each file defines ``SPEC``."""
