"""What is seen together, in one image or one inside of the other: counted, and looked up."""
