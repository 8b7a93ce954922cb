"""The numbers of label maps as tables, titles and flat names."""

from __future__ import annotations

from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.result import Result, versus
from segeval.metrics.semantic.scores import BoundaryScores, MeanIoUScores
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted


def headline(result: Result[MeanIoUScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    compat = result.settings["compat"]
    return (
        "Mean IoU",
        versus(result.inputs),
        f"{result.settings['classes']} classes",
        f"absent classes as {result.settings['absent']}",
        *([f"compat {compat}"] if compat else []),
        *filter(None, [boundary_of(result.settings).text()]),
    )


def summary(result: Result[MeanIoUScores]) -> str:
    """How much was evaluated."""
    images = counted(result.scores.images, "image")
    classes = counted(len(result.scores.categories), "class", "classes")
    return f"{images}, {classes}, {counted(result.scores.pixels, 'pixel')}"


def all_tables(result: Result[MeanIoUScores]) -> tuple[Table, ...]:
    """Means and categories, groups, bands."""
    found = [_category_table(result)]
    if result.scores.groups:
        found.append(_group_table(result))
    if result.scores.trimap:
        found += [_trimap_table(result.scores), _trimap_category_table(result.scores)]
    return tuple(found)


def _category_table(result: Result[MeanIoUScores]) -> Table:
    """The means in the first rows, then the categories."""
    found = result.scores
    fields = [
        Field("category", "class", "text"),
        Field("pixels", "gt px", "count", drop=2),
        Field("iou", "IoU"),
        Field("accuracy", "accuracy", drop=1),
    ]
    columns: list[list[Value]] = [
        ["mean", *(each.name for each in found.categories)],
        [found.pixels, *(each.pixels for each in found.categories)],
        [found.miou, *(each.iou for each in found.categories)],
        [found.mean_accuracy, *(each.accuracy for each in found.categories)],
    ]
    if result.settings["instances"]:
        fields.append(Field("iiou", "iIoU"))
        columns.append([found.iiou, *(each.iiou for each in found.categories)])
    for name, title in (("boundary", "boundary IoU"), ("detectron2_boundary", "detectron2")):
        scores: BoundaryScores | None = getattr(found, name)
        if scores is not None:
            fields.append(Field(f"{name}_iou", title))
            columns.append([scores.miou, *(each.iou for each in scores.categories)])
    if found.boundary_f is not None:
        fields += [Field("f", "F"), Field("f_present", "F present", drop=3)]
        by_category = found.boundary_f.categories
        columns.append([found.boundary_f.f, *(each.f for each in by_category)])
        columns.append([found.boundary_f.f_present, *(each.f_present for each in by_category)])
    rows = list(zip(*columns, strict=True))
    blank: list[Value] = [None] * (len(fields) - 3)
    others: list[tuple[Value, ...]] = [
        ("pixel accuracy", None, None, found.pixel_accuracy, *blank[1:]),
        ("fw IoU", None, found.fw_iou, *blank),
    ]
    return Table("category", tuple(fields), (rows[0], *others, *rows[1:]), totals=3)


def _group_table(result: Result[MeanIoUScores]) -> Table:
    """The means in the first row, then the groups."""
    found = result.scores
    fields = [Field("group", "category", "text"), Field("iou", "IoU")]
    rows: list[tuple[Value, ...]] = [
        ("mean", found.group_miou, found.group_iiou),
        *((each.name, each.iou, each.iiou) for each in found.groups),
    ]
    if result.settings["instances"]:
        fields.append(Field("iiou", "iIoU"))
    return Table("group", tuple(fields), tuple(row[: len(fields)] for row in rows), totals=1)


def _trimap_table(scores: MeanIoUScores) -> Table:
    """One row per width."""
    fields = (
        Field("width", "trimap px", "number"),
        Field("pixels", "gt px", "count"),
        Field("share", "of all"),
        Field("miou", "mIoU"),
    )
    rows = tuple(
        (band.width, band.pixels, band.pixels / scores.pixels if scores.pixels else None, band.miou)
        for band in scores.trimap
    )
    return Table("trimap", fields, rows)


def _trimap_category_table(scores: MeanIoUScores) -> Table:
    """One row per category, one column per width."""
    fields = (
        Field("category", "IoU in trimap", "text"),
        *(
            Field(f"iou_{band.width:g}", f"{band.width:g} px", drop=place)
            for place, band in enumerate(scores.trimap)
        ),
    )
    rows = tuple(
        (each.name, *(band.categories[place].iou for band in scores.trimap))
        for place, each in enumerate(scores.categories)
    )
    return Table("trimap category", fields, rows)


def means(scores: MeanIoUScores) -> dict[str, float | None]:
    """The means by the names that papers give them."""
    found = {
        "mIoU": scores.miou,
        "pixel_accuracy": scores.pixel_accuracy,
        "mean_accuracy": scores.mean_accuracy,
        "fwIoU": scores.fw_iou,
        "iIoU": scores.iiou,
        "mIoU_groups": scores.group_miou,
        "iIoU_groups": scores.group_iiou,
    }
    found |= {f"mIoU_trimap_{band.width:g}": band.miou for band in scores.trimap}
    if scores.boundary is not None:
        found["boundary_IoU"] = scores.boundary.miou
    if scores.boundary_f is not None:
        found["boundary_F"] = scores.boundary_f.f
    return found
