"""Which score to deploy at: precision and recall against the score, on unseen images too."""
