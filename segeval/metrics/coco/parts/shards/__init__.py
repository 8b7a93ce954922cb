"""An AP evaluation as a map over shards, in one process or on many machines."""
