"""What each optimisation gains: the sides of the pairs that bench/ablation.py measures."""
