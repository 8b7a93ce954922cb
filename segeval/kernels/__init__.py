"""Compiled functions: the one door to numba, and threads that run them."""
