"""Settings of exchangeable parts, one file each, named as the file of its network."""
