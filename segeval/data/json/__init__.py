"""JSON bytes to columns without a Python object per record."""
