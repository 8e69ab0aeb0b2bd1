"""Inside a network: what a voxel of its answer can see, what it does see, and which layers noise reaches."""
