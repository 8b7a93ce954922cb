"""`segeval plot`: figures."""
