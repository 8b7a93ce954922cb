"""`segeval check`: mistakes in files."""
