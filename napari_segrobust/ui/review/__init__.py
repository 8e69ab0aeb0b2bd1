"""The review of several raters in the window: who differs, where, what is settled, and where a model stands."""
