"""One file per kind of model file; each defines `LOADER`."""
