"""Layers 2, 3 and 6: same-day dedup, merge and the fold of both, and the score of an intention."""
