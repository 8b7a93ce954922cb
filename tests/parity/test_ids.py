"""Ids of every kind score as in pycocotools, and as the same files with other ids."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision
from segeval.analysis.official import verify
from segeval.metrics.panoptic import panoptic_quality
from tests.parity.agreement import assert_both_modes_agree, assert_compat_agrees
from tests.parity.panoptic_scenes import random_set
from tests.parity.scenes import clean_pair, nasty_pair
from tests.parity.test_panoptic import assert_equal_to_reference
from tests.renamed import FIELDS, NAMINGS, ranks, renamed

# numpy, and so pycocotools, makes floats of whole numbers on both sides of 2^63
OF_IMAGES = [kind for kind in NAMINGS if kind != "numbers on both sides of 2^63"]

IMAGES_AND_CATEGORIES = list(itertools.product(OF_IMAGES, ("numbers", "text", "hashes")))


@pytest.mark.parametrize(("image", "category"), IMAGES_AND_CATEGORIES)
def test_both_modes_score_ids_of_any_kind_as_pycocotools(image: str, category: str) -> None:
    for seed in range(4):
        names = {"image": NAMINGS[image], "category": NAMINGS[category]}
        preds, gt = renamed(*clean_pair(4000 + seed), names)
        assert_both_modes_agree(verify(preds, gt))


@pytest.mark.parametrize("annotation", ["numbers as text", "hashes", "floats"])
def test_annotation_ids_of_any_kind_score_as_in_pycocotools(annotation: str) -> None:
    """pycocotools makes a float of the id of a match, which any other text stops."""
    for seed in range(4):
        names = {"image": NAMINGS["text"], "annotation": NAMINGS[annotation]}
        preds, gt = renamed(*clean_pair(5000 + seed), names)
        assert_both_modes_agree(verify(preds, gt))


@pytest.mark.parametrize("seed", range(20))
def test_compat_scores_nasty_files_with_text_as_pycocotools(seed: int) -> None:
    names = {"image": NAMINGS["text"], "category": NAMINGS["text"]}
    preds, gt = renamed(*nasty_pair(6000 + seed), names)
    assert_compat_agrees(verify(preds, gt))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed"])
def test_any_mixture_of_kinds_scores_as_numbers_from_1(seed: int, protocol: str) -> None:
    rng = random.Random(seed)
    names = {kind: NAMINGS[rng.choice(list(NAMINGS))] for kind in FIELDS}
    preds, gt = renamed(*clean_pair(7000 + seed, lvis=protocol != "coco"), names)
    plain, truth = renamed(preds, gt, ranks(preds, gt))
    one, other = (
        average_precision(*files, protocol=protocol) for files in ((preds, gt), (plain, truth))
    )
    assert without_ids(one) == without_ids(other)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("category", ["numbers", "text", "hashes"])
@pytest.mark.parametrize("image", ["text", "hashes", "numbers on both sides of 2^63"])
def test_panoptic_files_with_ids_of_any_kind_equal_the_tool(
    image: str, category: str, seed: int, tmp_path: Path
) -> None:
    preds, gt = random_set(tmp_path, 500 + seed, sloppy=False)
    for path in (preds, gt):
        file = json.loads(path.read_text())
        for annotation in file["annotations"]:
            annotation["image_id"] = NAMINGS[image](annotation["image_id"])
        for record in itertools.chain(
            file.get("categories", ()), *(a["segments_info"] for a in file["annotations"])
        ):
            field = "category_id" if "category_id" in record else "id"
            record[field] = NAMINGS[category](record[field])
        path.write_text(json.dumps(file))
    result = panoptic_quality(preds, gt, iou=("segm", "boundary"))
    assert_equal_to_reference(result, preds, gt, official=False)


def without_ids(result: Any) -> Any:
    """All numbers of a result, per image too."""
    found = result.to_dict(per_image=True)["results"]
    for row in itertools.chain(found["segm"]["categories"], found["segm"]["images"]):
        del row["id"]
    return found
