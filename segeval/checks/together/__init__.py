"""Mistakes that files of several models have only together, before they are merged."""
