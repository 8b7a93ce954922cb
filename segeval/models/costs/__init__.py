"""Costs of models: parameters, multiply-adds, seconds and bytes."""
