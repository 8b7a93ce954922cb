"""Parts of an AP evaluation as files: written, merged and read in constant memory."""
