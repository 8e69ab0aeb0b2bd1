"""The worklist of disputes in the window: fly there, decide with one key, all of it on disk."""
