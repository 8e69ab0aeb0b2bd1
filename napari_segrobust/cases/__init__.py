"""Images, references and given predictions: read, brought onto one grid, checked and saved."""
