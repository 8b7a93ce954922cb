"""Id maps: a picture or an array per image in which every value but 0 is one object."""
