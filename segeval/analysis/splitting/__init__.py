"""Ground truth and predictions in parts by image."""
