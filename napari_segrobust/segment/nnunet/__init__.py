"""nnU-Net v2: a trained-model folder as a model of ours."""
