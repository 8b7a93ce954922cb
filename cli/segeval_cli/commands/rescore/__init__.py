"""`segeval rescore`: new scores from old ones."""
