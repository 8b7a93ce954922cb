"""`segeval convert`: files of one format from another."""
