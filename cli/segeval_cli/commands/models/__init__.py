"""`segeval models`: the presets."""
