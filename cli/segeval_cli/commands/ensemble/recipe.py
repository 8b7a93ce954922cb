"""`segeval ensemble --recipe` and `--recipe-out`: ensembles that can be made again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from segeval.errors import InputError
from segeval_cli.given import is_typed

if TYPE_CHECKING:
    from segeval.ensemble.result import Ensemble

WITH_RECIPE = {
    "models", "recipe", "new_images", "images", "tiles", "output", "explain", "show_all", "json",
    "overwrite", "quiet", "workers",
}  # fmt: skip
"""Parameters of the command that go with a recipe, which decides all others."""


def check_recipes(context: typer.Context, recipe: Path | None, recipe_out: Path | None) -> None:
    """Refuse options that a recipe decides, or that the one to write cannot hold.

    Args:
        context: of the command, with all its options.
        recipe: the recipe to follow.
        recipe_out: the recipe to write.

    Raises:
        InputError: names the option or the file.
    """
    asked = context.params
    if recipe is not None:
        for name in asked:
            if name not in WITH_RECIPE and is_typed(context, name):
                raise InputError(
                    f"{recipe.name} says how the models are merged: leave out `{name}`.",
                    code="option",
                    option=name,
                )
    elif asked["new_images"]:
        raise InputError(
            "`new_images` says that a recipe is for other files than it was made from, and there "
            "is none: give `recipe`, or leave it out.",
            code="option",
            option="new_images",
        )
    if recipe_out is not None:
        from segeval.ensemble.recipes.recipe import check_can_be_held
        from segeval_cli.output import check_target

        overwrite = bool(asked["overwrite"])
        check_target(recipe_out, (".json",), overwrite=overwrite, option="--recipe-out")
        check_can_be_held([*asked["models"], *filter(None, [asked["tiles"]])])


def by_recipe(
    models: Sequence[str],
    recipe: Path,
    tiles: str | None,
    images: str | None,
    workers: int | None,
    *,
    new_images: bool,
) -> Ensemble:
    """Merge models as a recipe says; arguments and errors as in `segeval.ensemble.apply_recipe`."""
    from segeval.ensemble.by_recipe import apply_recipe

    return apply_recipe(
        models, recipe, tiles=tiles, images=images, new_images=new_images, workers=workers
    )
