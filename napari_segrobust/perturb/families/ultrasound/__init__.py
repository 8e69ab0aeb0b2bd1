"""What ultrasound scanners and tissue do to their images."""
