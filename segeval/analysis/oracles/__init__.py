"""What perfect scores, masks, labels or a perfect choice among models would reach."""
