"""`segeval miou`: mean IoU of label maps."""
