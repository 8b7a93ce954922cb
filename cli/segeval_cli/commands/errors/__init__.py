"""`segeval errors`: how much AP each kind of error costs."""
