"""Parts of an evaluation: what was found in some of the images, as bytes or as a file.

An evaluation is a map over images. A part holds what the map found in its images, with all that
decides the numbers in a header, and parts of different images join in any order to one part, which
equals that of one run. This package knows how a part is written, read and compared; what is in the
parts of each task is told by `coco.parts`, `semantic.parts` and `panoptic.parts`.

- A part in memory: `packing` writes arrays and a header as bytes; `members` reads the arrays of
  a zip archive, and `arrays` refuses those that are not what they should be.
- A part on disk: `files` writes and reads it array by array; `beginning` recognises it.
- Statistics per image: `statistics_part` holds their tables, `reading` checks every value,
  `joining` makes one part of several, with `digests` to tell whether two parts hold the same.
- Between parts: `alike` says what parts of one evaluation must have in common, and `comparable`
  what parts of two models must.
- A run in parts: `shards` maps slices of the images through an executor; `result` says what was
  written.
"""
