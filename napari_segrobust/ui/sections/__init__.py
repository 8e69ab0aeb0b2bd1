"""The right dock, in the order of the sentence: Case, Model, Perturb, Context, Compare. One file each."""
