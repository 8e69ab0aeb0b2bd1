"""The papers: their numbers as facts with sources, and their experiments, made again at a size a CPU can do."""
