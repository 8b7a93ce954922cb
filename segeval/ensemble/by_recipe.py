"""Ensembles by a recipe: the same bytes from the same files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from segeval.checks.together.search import ensemble_warnings
from segeval.data import Predictions
from segeval.data.files import sha256
from segeval.ensemble.fitting.score_notes import together_notes
from segeval.ensemble.gathered import load_compact
from segeval.ensemble.operators.merged import Merged
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.ensemble.recipes.new_images import for_categories, other_files
from segeval.ensemble.recipes.reading import Input, Recipe, read_recipe
from segeval.ensemble.recipes.recipe import Made, categories_digest, tile_file
from segeval.ensemble.result import Ensemble, EnsembleScores, inputs_of, shares_of
from segeval.ensemble.views.drawn_polygons import has_polygons, polygons_drawn
from segeval.ensemble.views.known_sizes import ImageSource
from segeval.ensemble.views.mapping import models_in_image_space
from segeval.errors import FormatError, InputError, MismatchError, Note
from segeval.version import __version__
from segeval.words import counted


def apply_recipe(
    models: Sequence[str | Path],
    recipe: str | Path,
    *,
    tiles: str | Path | None = None,
    images: ImageSource | None = None,
    new_images: bool = False,
    workers: int | None = None,
) -> Ensemble:
    """Merge the predictions of several models as a recipe says, to the same bytes.

    The files are recognised by their SHA-256, in any order and under any name. With `new_images`
    they are predictions of the same models for other images, such as those of a test set.

    Args:
        models: paths of the predictions that the recipe was made from, or of others.
        recipe: path of the recipe, as `Ensemble.save_recipe` writes it.
        tiles: path of the table of tiles that the recipe was made with; None for the path that the
            recipe names, if it names one.
        images: COCO file with the sizes of the images, where views need them and masks do not tell.
        new_images: take other files than the recipe was made from: by the names in the recipe if
            all have these, else in its order. Give their own table with `tiles` if it has one.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file.
        FormatError: for a recipe that cannot be used; the message names the place.
        MismatchError: for another number of files, one that has changed, or other categories.

    Example:
        >>> import json
        >>> from tempfile import TemporaryDirectory
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.ensemble import fuse
        >>> scene = furniture(images=4)
        >>> with TemporaryDirectory() as folder:
        ...     paths = [Path(folder, name) for name in ("a.json", "b.json")]
        ...     for path, records in zip(paths, (scene.better, scene.weaker)):
        ...         _ = path.write_text(json.dumps(records))
        ...     first = fuse(paths, strategy="wbf")
        ...     first.save_recipe(Path(folder, "recipe.json"))
        ...     again = apply_recipe(paths[::-1], Path(folder, "recipe.json"))
        >>> bool((first.predictions.score == again.predictions.score).all())
        True
    """
    started = time.perf_counter()
    known = read_recipe(recipe, workers=workers)
    given = [str(each) for each in models]
    _check_number(given, known)
    others = other_files(given, known) if new_images else None
    paths = _in_order(given, known) if others is None else others.paths
    loaded, _, cleaned = known.preparation.cleaned([load_compact(each) for each in paths], paths)
    loaded, _, mapped = known.preparation.mapped(loaded)
    if others is None:
        _check_counts(loaded, known)
    views = [each.view for each in known.inputs]
    sizes = (None, None, images)
    table = _tile_table(tiles, known, is_other=new_images)
    is_plain = table is None and all(each == "none" for each in views)
    if images is not None and is_plain and not has_polygons(loaded):
        raise InputError(
            f"{Path(known.path).name} was made without views and tiles, and no mask is a polygon: "
            "leave out `images`",
            code="recipe",
            option="images",
        )
    cut_objects = "drop" if known.tiles is None else known.tiles.cut_objects
    whole, left_out, _ = models_in_image_space(
        loaded, views, table, sizes, cut_objects=cut_objects, workers=workers
    )
    whole = polygons_drawn(whole, sizes)
    said: list[Note] = []
    if others is not None:
        said += [*others.note(known), *_together(whole, known)]
    pool = pooled(whole)
    if others is not None:
        known, more = for_categories(known, pool)
        said += more
    found = _merged(pool, known)
    plan, fitted = known.plan, known.fitted
    shares = shares_of(found, [len(each) for each in loaded], fitted.by_model.tolist(), None)
    return Ensemble(
        scores=EnsembleScores(
            strategy=plan.strategy.name,
            models=shares,
            rows=len(found),
            fused=len(found.fused),
            worth_from=None,
        ),
        notes=(*cleaned, *mapped, *left_out, *said, *_notes(known)),
        inputs={
            **inputs_of(shares),
            "recipe": {"path": str(recipe)},
        },
        settings={
            **plan.heading,
            "weigh": plan.weighing,
            "views": views if any(each != "none" for each in views) else None,
            "tiles": table,
            "recipe": str(recipe),
            "new_images": new_images,
            **plan.settings,
            **plan.weights,
        },
        seconds=time.perf_counter() - started,
        predictions=found.to_predictions(),
        merged=found,
        made=Made(
            plan,
            fitted,
            tuple(pool.categories),
            tuple(views),
            0,
            tuple(paths),
            tiles=None if table is None else tile_file(table, cut_objects),
            preparation=known.preparation,
            unpredicted=None if new_images else known.unpredicted,
        ),
    )


def _tile_table(given: str | Path | None, recipe: Recipe, *, is_other: bool = False) -> str | None:
    """The path of the table of tiles that a recipe was made with, or of another one's.

    Raises:
        InputError: for a table where the recipe has none, or no file.
        MismatchError: for a table that has changed.
    """
    own, known = Path(recipe.path).name, recipe.tiles
    if known is None:
        if given is not None:
            raise InputError(
                f"{own} was made without tiles: leave out `tiles`", code="recipe", option="tiles"
            )
        return None
    if is_other and given is None:
        raise InputError(
            f"{own} was made with tiles, and new images have others: give their table with `tiles`",
            code="recipe-inputs",
            option="tiles",
        )
    path = str(known.path if given is None else given)
    if not Path(path).is_file():
        raise InputError(
            f"{path} is no file, and {own} was made with that table of tiles: give its path with "
            "`tiles`",
            code="recipe-inputs",
            path=path,
            option="tiles",
        )
    digest = str(sha256(path))
    if not is_other and digest != known.sha256:
        raise MismatchError(
            f"{path} is not the table of tiles that {own} was made with: its SHA-256 begins with "
            f"{digest[:8]}, expected {known.sha256[:8]}",
            code="recipe-inputs",
            path=path,
            option="tiles",
        )
    return path


def _check_number(models: Sequence[str], recipe: Recipe) -> None:
    """Refuse another number of files than those of the recipe."""
    if len(models) != len(recipe.inputs):
        names = ", ".join(each.name for each in recipe.inputs)
        raise MismatchError(
            f"{Path(recipe.path).name} is of {counted(len(recipe.inputs), 'file')} ({names}), got "
            f"{len(models)}",
            code="recipe-inputs",
            option="recipe",
        )


def _together(models: Sequence[Predictions], recipe: Recipe) -> list[Note]:
    """What to know of new files side by side, which nobody looked at yet."""
    found = ensemble_warnings(
        models,
        know_alike=recipe.fitted.joins is None,
        are_views=recipe.tiles is not None or any(each.view != "none" for each in recipe.inputs),
    )
    is_calibrated = recipe.fitted.calibrations is not None
    return list(together_notes(found, None, is_calibrated=is_calibrated, takes_calibrate=False))


def _in_order(models: Sequence[str], recipe: Recipe) -> list[str]:
    """The files in the order of the recipe, recognised by their digests.

    Raises:
        MismatchError: for a file that the recipe does not know.
    """
    own = Path(recipe.path).name
    left = list(recipe.inputs)
    found: dict[int, str] = {}
    for path in models:
        digest = sha256(path) if Path(path).is_file() else None
        match = next((each for each in left if each.sha256 == digest), None)
        if match is None:
            raise _changed(path, digest, left, own)
        left.remove(match)
        place = next(
            place
            for place, each in enumerate(recipe.inputs)
            if each == match and place not in found
        )
        found[place] = path
    return [found[place] for place in range(len(models))]


def _changed(path: str, digest: str | None, left: Sequence[Input], recipe: str) -> InputError:
    """The error for a file that a recipe does not know."""
    name = Path(path).name
    same = next((each for each in left if each.name == name), None)
    if digest is None:
        text = f"{path} is no file, expected the files that {recipe} was made from"
    elif same is not None:
        text = (
            f"{path} has changed since {recipe} was made: its SHA-256 begins with {digest[:8]}, "
            f"expected {same.sha256[:8]}. Make the recipe again"
        )
    else:
        names = " or ".join(each.name for each in left)
        text = (
            f"{path} is no file that {recipe} was made from: its SHA-256 begins with {digest[:8]}, "
            f"expected that of {names}"
        )
    return MismatchError(text, code="recipe-inputs", path=path, option="recipe")


def _check_counts(loaded: Sequence[Predictions], recipe: Recipe) -> None:
    """Refuse a recipe whose counts are not those of its own files."""
    for place, (preds, own) in enumerate(zip(loaded, recipe.inputs, strict=True)):
        if len(preds) != own.count:
            raise _wrong(recipe, f"inputs[{place}].count", own.count, len(preds))


def _merged(pool: Pool, recipe: Recipe) -> Merged:
    """The rows that a recipe makes."""
    digest = categories_digest(pool.categories)
    if digest != recipe.categories:
        raise _wrong(recipe, "categories.sha256", recipe.categories, digest)
    weights = recipe.fitted.weights
    if weights.ndim == 2 and weights.shape[1] != len(pool.category_ids):
        raise _wrong(
            recipe, "weights.values", f"for {weights.shape[1]:,} categories",
            f"for {len(pool.category_ids):,}",
        )  # fmt: skip
    joins = recipe.fitted.joins
    if joins is not None and joins.shape[1] != len(pool.category_ids):
        raise _wrong(
            recipe, "categories.count", f"{joins.shape[1]:,}", f"{len(pool.category_ids):,}"
        )
    try:
        return recipe.plan.merged(pool, recipe.fitted)
    except InputError as error:
        if error.option not in recipe.plan.settings:
            raise
        raise FormatError(
            f"{recipe.path}: settings.{error.option}: {error}",
            code="recipe",
            path=recipe.path,
            field=f"settings.{error.option}",
        ) from None


def _wrong(recipe: Recipe, place: str, found: object, expected: object) -> FormatError:
    """The error for a value that the files contradict."""
    return FormatError(
        f"{recipe.path}: {place} is {found}, expected {expected}, as the files have it.",
        code="recipe",
        path=recipe.path,
        field=place,
    )


def _notes(recipe: Recipe) -> Iterator[Note]:
    """Says so if another version wrote the recipe."""
    if recipe.version != __version__:
        yield Note(
            "recipe-version",
            f"{Path(recipe.path).name} was made by version {recipe.version} of segeval, and "
            f"this is version {__version__}: the bytes may differ",
            1,
            None,
        )
