"""The search for the tree of models that has the highest AP, and for proof that it helps."""
