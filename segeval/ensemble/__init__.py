"""Better predictions from those of several models: weights, suppression, voting, fusion."""
