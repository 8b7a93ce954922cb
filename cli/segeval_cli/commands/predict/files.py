"""What `segeval predict` writes: a results file, or a folder of label maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval_cli.commands.predict.report import Written
from segeval_cli.output import check_target
from segeval_cli.values import refused

if TYPE_CHECKING:
    from segeval.data.coco.image_list import ImageList
    from segeval.models.categories import Categories
    from segeval.models.predict.photo_queue import Photo
    from segeval.models.predict.predictor import Predicted

Files = Iterator[tuple[Callable[["Predicted"], int], tuple[Written, ...]]]
"""A function that writes and counts the predictions of an image; and the files being written."""


@contextmanager
def results(
    output: Path, photos: Sequence[Photo], listed: ImageList | None, categories: Categories
) -> Files:
    """A results file; without a COCO file to give image ids, also a list of the images."""
    from segeval.data.coco.write_stream import stream_images, stream_predictions

    written = [Written(str(output))]
    with ExitStack() as stack:
        add_image: Callable[[int, str, tuple[int, int]], None] | None = None
        if listed is None:
            stem = output.name.removesuffix(".gz").rpartition(".")[0]
            beside = output.with_name(f"{stem}.images.json")
            add_image = stack.enter_context(stream_images(beside, categories))
            written.append(Written(str(beside), "ids and names of the images"))
        add_preds = stack.enter_context(stream_predictions(output))

        def add(predicted: Predicted) -> int:
            found: Any = predicted.found
            add_preds(found)
            if add_image is not None:
                add_image(predicted.photo.id, predicted.photo.name, predicted.size)
            return len(found)

        yield add, tuple(written)


@contextmanager
def label_maps(
    output: Path, photos: Sequence[Photo], listed: ImageList | None, categories: Categories
) -> Files:
    """A folder of label maps, named as the images are."""
    from segeval.data.label_maps.write import write_label_map
    from segeval.data.whole_files import whole_folder
    from segeval.models.predict.photo_list import label_map_names

    names = dict(zip((photo.id for photo in photos), label_map_names(photos), strict=True))
    with whole_folder(output) as folder:

        def add(predicted: Predicted) -> int:
            found: Any = predicted.found
            write_label_map(folder / names[predicted.photo.id], found)
            return 0

        yield add, (Written(f"{output}/", "label maps"),)


def check_output(output: Path, images: Sequence[str], weights: Path, *, semantic: bool) -> None:
    """Refuse an output that cannot be written, before any work is done."""
    if semantic:
        from segeval.data.folders import check_new_folder

        above = [path for path in images if Path(path).resolve() in output.resolve().parents]
        problem = ""
        if output.suffix.lower() in (".json", ".jsonl", ".gz", ".png"):
            problem = "this model gives label maps, expected a new folder"
        elif above:
            problem = f"lies in {above[0]}, so the next run would take the label maps for images"
        if problem:
            raise refused("--output", output, f"{problem}.", path=output)
        check_new_folder(output)
    elif output.suffix:
        check_target(output, (".json", ".jsonl", ".gz"), inputs=[*images, str(weights)])
    else:
        problem = "this model finds objects, expected a .json or .jsonl file."
        raise refused("--output", output, problem, path=output)
