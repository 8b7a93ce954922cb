"""From images to masks in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from segeval.errors import Note
from segeval.models.categories import categories_of_model
from segeval.models.files.model_file import Loaded
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_list import photos_of_paths
from segeval.models.predict.predictor import Predicted, predict


def predict_images(
    loaded: Loaded,
    images: Sequence[str | Path],
    *,
    options: PredictionOptions | None = None,
    on_note: Callable[[Note], None] = lambda note: None,
) -> Iterator[Predicted]:
    """Predictions of a model for images, in order.

    Args:
        loaded: from `load`.
        images: files, and folders with their subfolders. Ids are 1, 2, ... in the order of the
            paths.
        options: of the run; None takes a GPU if there is one, and the views of the model's
            configuration.
        on_note: told of skipped images, smaller batches and assumed categories.

    Yields:
        The image, with `Predictions` or a label map in its pixels. Categories have the ids of the
        checkpoint, or 1, 2, ... if it has none (0, 1, ... in label maps).

    Raises:
        InputError: if a path does not exist, or an image cannot be read.

    Example:
        >>> from segeval.models import load, predict_images
        >>> loaded = load("best.safetensors")  # doctest: +SKIP
        >>> for each in predict_images(loaded, ["photos/"]):  # doctest: +SKIP
        ...     print(each.photo.name, len(each.found))
    """
    config = loaded.config
    semantic = config.task == "semantic"
    categories, notes = categories_of_model(
        loaded.categories, config.classes, weights=config.name, semantic=semantic
    )
    for note in notes:
        on_note(note)
    if options is None:
        options = PredictionOptions.of(config.input)
    return predict(
        loaded.model,
        photos_of_paths(images),
        config.input,
        category_ids=[number for number, _ in categories],
        semantic=semantic,
        options=options,
        on_note=on_note,
    )
