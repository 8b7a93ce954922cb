"""Picture files as pixels. Pillow lives here."""
