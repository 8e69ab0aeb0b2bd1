"""Models in, predictions out: loaders, specs, the demo zoo, and progressive sliding-window inference."""
