"""Which categories of a model deserve an expert."""
