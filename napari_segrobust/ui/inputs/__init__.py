"""The ways in: files, layers and samples become one case."""
