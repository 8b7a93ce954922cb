"""`segeval demo`: a first result."""
