"""What merging gains on images that decided nothing, and why it does not."""
