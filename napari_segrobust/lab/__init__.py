"""The pitfall lab: masks that a person changes, and scenes that show what each metric cannot see."""
