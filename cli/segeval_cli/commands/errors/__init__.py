"""`segeval errors`: which kinds of errors cost how much AP."""
