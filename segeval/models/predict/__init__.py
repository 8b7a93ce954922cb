"""From photographs to predictions."""
