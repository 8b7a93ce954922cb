"""Every number of label maps."""

from __future__ import annotations

from segeval.brief import Brief
from segeval.frozen import frozen


@frozen
class CategoryScores:
    """Scores of one category; None is undefined.

    Attributes:
        id: value of its pixels.
        name: name for people.
        group: name of its group, such as "flat"; None where there are no groups.
        pixels: number of true pixels of the category.
        iou: intersection over union, over all images.
        accuracy: share of the true pixels predicted correctly.
        iiou: IoU with pixels weighted by the size of their instance; None without instances.
    """

    id: int
    name: str
    group: str | None
    pixels: int
    iou: float | None
    accuracy: float | None
    iiou: float | None = None


@frozen
class GroupScores:
    """Scores of one group of categories, such as "flat" of Cityscapes.

    Attributes:
        name: name of the group.
        iou: IoU with its categories taken as one.
        iiou: the same IoU weighted by instance; None without instances.
    """

    name: str
    iou: float | None
    iiou: float | None = None


@frozen
class BandCategory:
    """Scores of one category in a band.

    Attributes:
        id: value of its pixels.
        name: name for people.
        pixels: number of true pixels of the category in the band.
        iou: IoU over these pixels.
    """

    id: int
    name: str
    pixels: int
    iou: float | None


@frozen(repr=False)
class TrimapScores(Brief):
    """Scores in the band around the boundaries of the ground truth.

    Attributes:
        width: width of the band in pixels, as asked for.
        pixels: number of evaluated pixels in it.
        miou: mean IoU over these pixels.
        categories: in the order of the run.
    """

    width: float
    pixels: int
    miou: float | None
    categories: tuple[BandCategory, ...]


@frozen
class BoundaryCategory:
    """Boundary IoU of one category.

    Attributes:
        id: value of its pixels.
        name: name for people.
        intersection: pixels in both boundaries, over all images.
        union: pixels in at least one of them.
        iou: their quotient.
    """

    id: int
    name: str
    intersection: int
    union: int
    iou: float | None


@frozen(repr=False)
class BoundaryScores(Brief):
    """Boundary IoU by category, and its mean.

    Attributes:
        miou: mean over the categories.
        ratio: width of a boundary as a fraction of the image's diagonal, None if in pixels.
        px: width in pixels, None if a fraction of the diagonal.
        categories: in the order of the run.
    """

    miou: float | None
    ratio: float | None
    px: int | None
    categories: tuple[BoundaryCategory, ...]


@frozen
class BoundaryFCategory:
    """Boundary F of one category.

    Attributes:
        id: value of its pixels.
        name: name for people.
        images: number of images with the category in the ground truth.
        f: mean over all images; an image where neither side has the category scores 1.
        f_present: mean over the images that have the category.
        precision: share of the predicted boundary near the true one, mean over all images.
        recall: share of the true boundary near the predicted one, mean over all images.
    """

    id: int
    name: str
    images: int
    f: float | None
    f_present: float | None
    precision: float | None
    recall: float | None


@frozen(repr=False)
class BoundaryFScores(Brief):
    """Boundary F by category, and its means.

    Attributes:
        f: mean over the categories of the mean over all images.
        f_present: the same over the images that have the category.
        threshold: how far apart boundaries may lie, in pixels or, below 1, as a fraction of the
            image's diagonal.
        categories: in the order of the run.
    """

    f: float | None
    f_present: float | None
    threshold: float
    categories: tuple[BoundaryFCategory, ...]


@frozen(eq=False, repr=False)
class MeanIoUScores(Brief):
    """Every number of label maps; None is undefined.

    Attributes:
        miou: mean IoU of the categories, a fraction.
        pixel_accuracy: share of all true pixels predicted correctly.
        mean_accuracy: mean of the categories' accuracies.
        fw_iou: IoU weighted by the share of true pixels.
        iiou: mean iIoU of the categories with instances; None without instances.
        group_miou: mean IoU of the groups; None without groups.
        group_iiou: mean iIoU of the groups with instances.
        pixels: number of evaluated pixels.
        images: number of images.
        categories: in the order of the run; people call them classes.
        groups: groups of categories, which Cityscapes calls categories; empty where there are none.
        trimap: one per width.
        boundary: boundary IoU, None if not asked for.
        boundary_f: boundary F, None if not asked for.
        detectron2_boundary: detectron2's number, None without its compat mode.
    """

    miou: float | None
    pixel_accuracy: float | None
    mean_accuracy: float | None
    fw_iou: float | None
    iiou: float | None
    group_miou: float | None
    group_iiou: float | None
    pixels: int
    images: int
    categories: tuple[CategoryScores, ...]
    groups: tuple[GroupScores, ...]
    trimap: tuple[TrimapScores, ...]
    boundary: BoundaryScores | None
    boundary_f: BoundaryFScores | None
    detectron2_boundary: BoundaryScores | None
