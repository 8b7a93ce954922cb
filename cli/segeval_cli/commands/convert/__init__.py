"""`segeval convert`: files from one format to another."""
