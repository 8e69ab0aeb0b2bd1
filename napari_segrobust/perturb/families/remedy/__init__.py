"""What people do against degradations; applied after all perturbations, and judged with and without."""
