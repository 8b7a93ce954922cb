"""One folder per command: its options, its request, and what it shows."""
