"""`segeval oracles`: upper bounds of one or several models."""
