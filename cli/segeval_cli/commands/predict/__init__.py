"""`segeval predict`: predictions of a model."""
