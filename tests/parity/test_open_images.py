"""Open Images against an independent reference on random scenes: equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval.data.open_images import ClassTree
from segeval.metrics import pair_blocks
from segeval.metrics.open_images import open_images_ap
from tests.open_images_files import Mask, Scene, sides_of
from tests.parity.open_images_reference import Found, Object, average_precisions

TREE = {
    "LabelName": "root",
    "Subcategory": [
        {
            "LabelName": "animal",
            "Subcategory": [
                {"LabelName": "bird", "Subcategory": [{"LabelName": "duck"}]},
                {"LabelName": "cat"},
            ],
        },
        {"LabelName": "food", "Subcategory": [{"LabelName": "duck"}]},
        {"LabelName": "car"},
    ],
}
LABELS = ("animal", "bird", "car", "cat", "duck", "food")


class RandomScene:
    """Objects, boxes without masks, groups, verified labels and predictions of distinct scores."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = tuple(int(side) for side in self.rng.integers(6, 24, 2))
        self.files = Scene()
        self.objects: list[Object] = []
        self.found: list[Found] = []
        self.verified: list[tuple[str, str, bool]] = []
        for image in "abcd"[: int(self.rng.integers(1, 5))]:
            self.fill(image)
        self.invent("a")
        if not self.files.masks:
            self.annotate("a", "cat", self.mask(), has_mask=True)
        scores = self.rng.permutation(len(self.found)) / len(self.found) + 0.01
        for one, score in zip(self.found, scores.tolist(), strict=True):
            one.score = score
            self.files.pred(one.mask, score, one.label, one.image)

    def mask(self) -> Mask:
        """A box, often with holes, never empty."""
        mask = np.zeros(self.size, np.uint8)
        while not mask.any():
            (top, bottom), (left, right) = (
                np.sort(self.rng.integers(0, side + 1, 2)) for side in self.size
            )
            mask[top:bottom, left:right] = 1
            if self.rng.random() < 0.3:
                mask &= (self.rng.random(self.size) < 0.9).astype(np.uint8)
        return mask

    def fill(self, image: str) -> None:
        """Ground truth and predictions of one image."""
        for _ in range(int(self.rng.integers(0, 7))):
            mask, label = self.mask(), str(self.rng.choice(LABELS))
            self.annotate(image, label, mask, has_mask=self.rng.random() < 0.7)
            for _ in range(int(self.rng.integers(0, 4))):
                moved = np.roll(mask, tuple(self.rng.integers(-2, 3, 2)), (0, 1))
                likely = label if self.rng.random() < 0.6 else str(self.rng.choice(LABELS))
                self.found.append(Found(image, likely, 0.0, moved))
        for label in LABELS:
            if self.rng.random() < 0.4:
                present = bool(self.rng.random() < 0.5)
                self.files.label(label, image, present=int(present))
                self.verified.append((image, label, present))
        self.invent(image)

    def invent(self, image: str) -> None:
        """A prediction of nothing in particular, sometimes an empty one."""
        mask = self.mask() * np.uint8(self.rng.random() < 0.9)
        self.found.append(Found(image, str(self.rng.choice(LABELS)), 0.0, mask))

    def annotate(self, image: str, label: str, mask: Mask, *, has_mask: bool) -> None:
        """An object, in the files and for the reference."""
        group = bool(self.rng.random() < 0.25)
        x0, x1, y0, y1 = sides_of(mask)
        self.objects.append(
            Object(image, label, (x0, y0, x1, y1), mask if has_mask else None, group)
        )
        (self.files.gt if has_mask else self.files.box)(mask, label, image, group=int(group))


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("weight", [1.0, 0.0, 0.3])
@pytest.mark.parametrize("first", range(0, 100, 25))
def test_every_class_of_random_scenes_agrees(
    tmp_path: Path, first: int, weight: float, kind: str
) -> None:
    for seed in range(first, first + 25):
        scene = RandomScene(seed)
        files = scene.files.write(tmp_path)
        result = open_images_ap(
            files.pop("preds"),
            files.pop("gt"),
            **files,
            hierarchy=ClassTree.of(TREE),
            iou=kind,
            group_of_weight=weight,
        )
        files.clear()
        (tmp_path / "labels.csv").unlink(missing_ok=True)
        expected = average_precisions(
            scene.found,
            scene.objects,
            scene.verified,
            TREE,
            by_box=kind == "bbox",
            weight=weight,
        )
        found = {each.name: each.ap50 for each in result.scores[kind].categories}
        assert found == pytest.approx(expected, abs=1e-12), seed
        defined = [ap for ap in expected.values() if ap is not None]
        mean = float(np.mean(defined)) if defined else None
        assert result.ap50 == pytest.approx(mean, abs=1e-12), seed


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_blocks_of_pairs_change_no_entry(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        files = RandomScene(seed).files.write(folder)
        preds, gt = files.pop("preds"), files.pop("gt")
        columns = []
        for pairs in (1 << 20, 1, 3):
            monkeypatch.setattr(pair_blocks, "MOST_PAIRS", pairs)
            result = open_images_ap(preds, gt, **files, hierarchy=ClassTree.of(TREE), iou=kind)
            found = result.statistics[kind]
            columns.append((found.entry_category, found.score, found.state))
        for whole, *parts in zip(*columns, strict=True):
            np.testing.assert_array_equal(parts[0], whole)
            np.testing.assert_array_equal(parts[1], whole)
