"""`segeval experts`: which categories an expert should be trained on."""
