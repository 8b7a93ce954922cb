"""Models that know different categories: taxonomies, coverage, routing, background."""
