"""`segeval match`: a part of an evaluation as a file."""
