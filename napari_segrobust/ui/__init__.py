"""napari and Qt live here and nowhere else: panels, painters, charts, overlays."""
