"""AP from a part file, read block by block."""
