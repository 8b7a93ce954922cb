"""Metrics that grow batch by batch, in a training loop or on many machines."""
