"""Inside the network, in a window: receptive fields on the canvas, activations against severity, feature maps."""
