"""MONAI bundles: configs read without running anything in them, and said again as a model spec."""
