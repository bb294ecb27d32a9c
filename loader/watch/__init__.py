"""A run that is watched: what each of its steps took and used, whether it takes longer than usual, what became of it."""
