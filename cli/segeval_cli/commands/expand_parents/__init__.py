"""`segeval expand-parents`: what is a cat is an animal too."""
