"""The page of label maps: everything that is known of predicted classes of pixels."""
