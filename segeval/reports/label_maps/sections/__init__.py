"""Sections of the page of label maps."""
