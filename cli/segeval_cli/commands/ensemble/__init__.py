"""`segeval ensemble`: one set of predictions from several models."""
