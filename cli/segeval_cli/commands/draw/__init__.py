"""`segeval draw`: predictions on photographs."""
