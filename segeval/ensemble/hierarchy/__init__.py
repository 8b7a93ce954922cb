"""Predictions of the classes above."""
