"""The version of segeval."""

__version__ = "0.1.0"
