"""`segeval ap`: average precision."""
