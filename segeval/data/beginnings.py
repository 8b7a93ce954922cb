"""First bytes of packed files that are read in their place."""

LOOKED_AT = 1024
"""Bytes at the beginning of a file that are looked at."""

GZIP, XZ, BZIP2, ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh", b"PK\x03\x04"
