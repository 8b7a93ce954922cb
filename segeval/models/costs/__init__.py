"""What models cost: parameters, multiply-adds, seconds and bytes."""
