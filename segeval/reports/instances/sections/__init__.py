"""One file per section of a report: what is shown, as plain strings and numbers."""
