"""Objects that each view of a photograph finds by itself, merged as those of several models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from segeval.data import Predictions, load_ground_truth
from segeval.ensemble.merging import merged_alike
from segeval.ensemble.views.image_space import to_image
from segeval.models.networks.found import Found
from segeval.models.predict.photo_queue import Read
from segeval.models.predict.predictions import to_predictions
from segeval.models.predict.views import PhotoView, Viewer


def merged_views(
    photos: Sequence[Read], model: Any, viewer: Viewer, category_ids: NDArray[Any]
) -> list[Predictions]:
    """The objects in photographs, merged from all views.

    Args:
        photos: of one padded size.
        model: from a batch and its sizes to a `Found` per image.
        viewer: makes the batches, and names the strategy.
        category_ids: id of each class.
    """
    of_views = []
    for view in viewer.views:
        with viewer.inference():
            found: Sequence[Found] = model(*viewer.batch(photos, view))
        of_views.append(
            [
                _in_photo(each, photo, view, category_ids)
                for each, photo in zip(found, photos, strict=True)
            ]
        )
    return [
        merged_alike(each, viewer.merge, max_dets=model.max_dets, workers=1)
        for each in zip(*of_views, strict=True)
    ]


def _in_photo(
    found: Found, photo: Read, view: PhotoView, category_ids: NDArray[Any]
) -> Predictions:
    """The objects of a view in the pixels of its photograph, which is not mirrored."""
    preds = as_predictions(found, photo, view, category_ids)
    if not view.mirrored:
        return preds
    height, width = photo.size
    size = {"id": photo.photo.id, "height": height, "width": width}
    listed = load_ground_truth({"images": [size], "annotations": [], "categories": []})
    return to_image(preds, "hflip", images=listed, workers=1)


def as_predictions(
    found: Found, photo: Read, view: PhotoView, category_ids: NDArray[Any]
) -> Predictions:
    """The objects that a model found in a view, which may be mirrored, scaled to its photograph."""
    return to_predictions(
        [found.in_photo(view.size_of(photo), photo.size)],
        [photo.photo.id],
        category_ids=category_ids,
        source=str(photo.photo.path),
    )
