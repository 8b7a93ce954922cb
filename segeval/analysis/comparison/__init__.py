"""Comparison of models: intervals, tests, verdicts, and how many images it takes."""
