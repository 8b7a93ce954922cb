"""`segeval predict`: what a model finds."""
