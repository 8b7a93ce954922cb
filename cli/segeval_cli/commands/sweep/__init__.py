"""`segeval sweep`: one number against a setting."""
