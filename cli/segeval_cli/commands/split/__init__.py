"""`segeval split`: parts of ground truth and its predictions by image."""
