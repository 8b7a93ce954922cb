"""`segeval pq`: panoptic quality."""
