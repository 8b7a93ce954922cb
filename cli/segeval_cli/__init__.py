"""The `segeval` command: parse, call the library, render."""
