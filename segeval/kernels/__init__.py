"""Compiled functions, the only use of numba, and threads to run them."""
