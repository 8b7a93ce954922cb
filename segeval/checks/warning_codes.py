"""Codes of all warnings of a check, which a gate may accept by name."""

from __future__ import annotations

UNPREDICTED = "no-prediction-for-images"
"""Code of images with objects but without predictions."""

WARNING_CODES = (
    "always-higher", "blended-labels", "box-area", "boxes-beside-masks", "boxes-for-masks",
    "categories-of-others", "category-names", "constant-factor", "constant-labels",
    "crowd-share", "empty-maps", "empty-mask", "equal-scores", "exchanged-labels",
    "filled-hole", "flat-box", "fractions", "id-zero", "ignore", "image-field-groups",
    "image-groups", "image-names", "images-of-others", "inverted-scores", "left-out-files",
    "mapped-categories", "mask-and-box", "mask-area", "max-dets", "misplaced-labels",
    "missing-area", "missing-iscrowd", "named-after-other-image", "near-repeats",
    "nearly-same-model", "no-annotations", "no-box", "no-file-name",
    "no-prediction-for-category", "no-prediction-for-images", "no-predictions", "one-object",
    "other-images", "other-reading", "outside-image", "perhaps-swapped", "pieces",
    "repeated-name", "repeats", "rounded-scores", "same-files", "score-range", "score-scales",
    "shifted-labels", "some-boxes", "ties", "train-ids", "two-score-scales", "whole-image",
)  # fmt: skip
"""In alphabetical order."""
