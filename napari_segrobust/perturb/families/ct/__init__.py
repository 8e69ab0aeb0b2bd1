"""What computed tomography does to its images."""
