"""What is built on metrics: one number against a setting."""
