"""Self-contained Qt widgets: plain values in, signals out, no layers and no state of the program.

Every widget takes a `Palette`, follows `apply_palette`, never emits from a setter, and works with the keyboard alone.
"""
