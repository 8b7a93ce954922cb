"""The version of segeval."""

__version__ = "0.2.0"
