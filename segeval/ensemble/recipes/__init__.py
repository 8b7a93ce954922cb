"""Recipes: all that made an ensemble, as a file that makes it again from the same predictions."""
