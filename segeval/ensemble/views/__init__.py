"""Predictions on changed images and on tiles, mapped back to whole images."""
