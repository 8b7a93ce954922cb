"""What `segeval predict` writes: a results file, or a folder of label maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval_cli.commands.predict.report import Written
from segeval_cli.output import check_folder, check_target
from segeval_cli.prediction_files import SUFFIXES
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
        add_image: Callable[[int | str, str, tuple[int, int]], None] | None = None
        if listed is None:
            beside = _image_list(output)
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
    output: Path,
    photos: Sequence[Photo],
    listed: ImageList | None,
    categories: Categories,
    *,
    replaces: bool = False,
) -> Files:
    """A folder of label maps, named as the images are; those of the same names may be replaced."""
    from segeval.data.label_maps.write import write_label_map
    from segeval.data.whole_files import whole_folder
    from segeval.models.predict.photo_list import label_map_names

    names = dict(zip((photo.id for photo in photos), label_map_names(photos), strict=True))
    with whole_folder(output, replaces=replaces) as folder:

        def add(predicted: Predicted) -> int:
            found: Any = predicted.found
            write_label_map(folder / names[predicted.photo.id], found)
            return 0

        yield add, (Written(f"{output}/", "label maps"),)


def left_over(output: Path, photos: Sequence[Photo]) -> list[Path]:
    """Label maps in the folder of output that are of other images, ascending."""
    from segeval.models.predict.photo_list import label_map_names

    written = {output / name for name in label_map_names(photos)}
    return sorted(path for path in output.rglob("*.png") if path not in written)


def check_output(
    output: Path,
    images: Sequence[str],
    *,
    semantic: bool,
    listed: ImageList | None,
    overwrite: bool,
) -> None:
    """Refuse an output that cannot be written, or would replace others, before any work is done."""
    if semantic:
        above = [path for path in images if _is_above(Path(path), output)]
        problem = ""
        if output.suffix.lower() in (*SUFFIXES, ".png"):
            problem = "this model gives label maps, expected a new folder"
        elif above:
            problem = f"lies in {above[0]}, so the next run would take the label maps for images"
        elif any(_is_above(output, Path(path)) for path in images):
            problem = "holds the images, which label maps could replace"
        if problem:
            raise refused("--output", output, f"{problem}.", path=output)
        check_folder(output, overwrite=overwrite)
    elif output.suffix:
        check_target(output, SUFFIXES, overwrite=overwrite)
        if listed is None:
            check_target(_image_list(output), overwrite=overwrite)
    else:
        problem = "this model finds objects, expected a .json or .jsonl file."
        raise refused("--output", output, problem, path=output)


def _image_list(output: Path) -> Path:
    """Where the ids and names of the images go, beside a results file."""
    stem = output.name.removesuffix(".gz").rpartition(".")[0]
    return output.with_name(f"{stem}.images.json")


def _is_above(folder: Path, path: Path) -> bool:
    """Whether a path is a folder or lies somewhere in it."""
    return path.resolve().is_relative_to(folder.resolve())
