"""What a part file of AP holds, and where.

The header tells for every kind of IoU what `matches_layout` writes, but for what each image brings
along; what equals the first kind's is written once. Small arrays are under `KIND/`, images in
blocks (see `image_blocks`). Kinds that judge the same predictions and objects form a group with one
list of each, in blocks: ground truths (see `object_blocks`), and rows, `rows/GROUP/BLOCK/COLUMN`,
with the places of the categories in `rows/GROUP/offsets` and the bits behind the codes in
`codes/KIND`. Predictions that only use up a cap over the set are in `others/GROUP/COLUMN`, ids of
images that are no numbers in `image_keys`. Overlaps with objects, for error kinds, are further
columns of rows; those of pairs are longer.

What was read is known by hashes: each pair of files has one of names, ids and scores in `origins`,
every image one of its annotations in the column `tally_objects` and one of what was found in
`digest`, the categories one in the header. Predictions are not hashed as they were read: what was
found holds all that a number depends on.
"""
