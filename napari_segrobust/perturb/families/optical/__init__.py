"""What lenses, lights, slides and cameras do: endoscopy, fundus, histology, photographs."""
