"""`segeval train`: a model that learns."""
