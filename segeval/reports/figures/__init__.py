"""Figures of a report: shapes and their places, which the page writes as SVG."""
