"""`segeval suspects`: labels that may be wrong, by the predictions of models."""
