"""Whether scores mean what they say: calibration errors, and functions that mend them."""
