"""Label maps: their pixels, which belong together, and which labels count."""
