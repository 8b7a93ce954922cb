"""The public surface: the list of names, and what an import costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import segeval

HEAVY = ("matplotlib", "numba", "numpy", "pycocotools", "torch")


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running `code`."""
    report = "\nimport sys; print('modules', *{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    return set(run.stdout.splitlines()[-1].split()[1:])


def type_checked_imports(source: Path) -> dict[str, str]:
    """Names imported below `if TYPE_CHECKING:` in a module, and the module that each is from."""
    blocks = [node for node in ast.parse(source.read_text()).body if isinstance(node, ast.If)]
    imports = [line for block in blocks for line in block.body if isinstance(line, ast.ImportFrom)]
    return {alias.name: str(line.module) for line in imports for alias in line.names}


ADAPTERS = ("detectron2", "lightning", "mmengine", "torchmetrics", "transformers")


@pytest.mark.parametrize("name", segeval.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(segeval, name) is not None


def test_public_list_is_what_the_module_shows() -> None:
    assert dir(segeval) == sorted(segeval.__all__)


def test_no_name_is_public_by_accident() -> None:
    tools = {"TYPE_CHECKING", "annotations", "on_first_use"}
    rooms = {
        "adapters",
        "brief",
        "characters",
        "compat",
        "findings",
        "first_use",
        "flat",
        "frozen",
        "host_arrays",
        "host_batches",
        "kernels",
        "limits",
        "tallies",
        "version",
        "words",
    }  # loaded by other rooms, or by other tests
    shown = {name for name in vars(segeval) if not name.startswith("_")} - tools - rooms
    assert shown <= set(segeval.__all__)


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_has_at_most_40_lines_without_docstrings_and_comments(name: str) -> None:
    text = Path(segeval.__path__[0], "adapters", f"{name}.py").read_text()
    tree, told = ast.parse(text), set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            told |= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    lines = [line.strip() for row, line in enumerate(text.splitlines(), 1) if row not in told]
    assert len([line for line in lines if line and not line.startswith("#")]) <= 40


NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")


@pytest.mark.parametrize(
    "room",
    [
        "",
        ".checks",
        ".data",
        ".ensemble",
        ".masks",
        ".metrics",
        ".pictures",
        ".reports",
        ".rescore",
        pytest.param(".models", marks=NEEDS_TORCH),
    ],
)
def test_static_tools_and_the_interpreter_see_the_same_names(room: str) -> None:
    package = import_module(f"segeval{room}")
    imported = type_checked_imports(Path(str(package.__file__)))
    for name, home in imported.items():
        is_module = home == package.__name__
        value = import_module(f"{home}.{name}") if is_module else vars(import_module(home))[name]
        assert getattr(package, name) is value, name
    at_once = {"__version__", *(name for name in package.__all__ if hasattr(segeval.errors, name))}
    assert {*package.__all__} - at_once == {*imported} - at_once


@pytest.mark.parametrize("room", ["checks", "data", "masks", "metrics", "pictures"])
def test_no_module_takes_the_place_of_a_public_name(room: str) -> None:
    package = import_module(f"segeval.{room}")
    files = {path.stem for path in Path(str(package.__file__)).parent.iterdir()}
    assert files.isdisjoint(package.__all__)


def test_the_models_show_static_tools_the_same_names_too() -> None:
    import segeval.models as models

    imported = type_checked_imports(Path(str(models.__file__)))
    assert imported.keys() == set(models.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'mean_average_precision'"):
        _ = getattr(segeval, "mean_average_precision")  # noqa: B009 - mypy knows it is not there


def test_importing_the_library_loads_nothing_heavy() -> None:
    assert modules_after("import segeval").isdisjoint(HEAVY)


def test_the_interface_of_pycocotools_loads_neither_it_nor_pictures_nor_torch() -> None:
    found = modules_after("from segeval.compat.pycocotools import COCO, COCOeval, mask")
    assert found.isdisjoint({"matplotlib", "pycocotools", "torch"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["ap", "--help"],
        ["check", "--help"],
        ["ensemble", "--help"],
        ["experts", "--help"],
        ["miou", "--help"],
        ["models", "--help"],
        ["plot", "--help"],
        ["pq", "--help"],
        ["predict", "--help"],
        ["report", "--help"],
        ["show", "--help"],
        ["sweep", "max-dets", "--help"],
        ["oracles", "--help"],
        ["threshold", "--help"],
        ["train", "--help"],
    ],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import sys
from segeval_cli.main import main
sys.argv = ["segeval", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    # Typer converts values with the one and shows help with the other
    assert modules_after(code).isdisjoint({*HEAVY, "pydantic", "rich"})


NEEDLESS = (
    "analysis",
    "data.coco.as_json",
    "data.label_maps",
    "data.pictures",
    "data.recognisers.first_bytes",
    "masks.dense",
    "metrics.coco.parts",
    "pictures",
    "plots",
    "reports",
)
"""Rooms for pictures, for values in memory and for broken files, and all above metrics."""


def test_average_precision_of_two_good_files_loads_no_room_that_it_does_not_need(
    tmp_path: Path,
) -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    mask = {**box, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}
    gt = {
        "images": [{"id": 1, "height": 20, "width": 20}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{**mask, "id": 1, "area": 81, "iscrowd": 0}],
    }
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    (tmp_path / "preds.json").write_text(json.dumps([{**mask, "score": 0.9}]))
    code = f"""
import sys
from segeval_cli.main import main
sys.argv = ["segeval", "ap", {str(tmp_path / "preds.json")!r}, {str(tmp_path / "gt.json")!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*(name for name in {NEEDLESS!r} if f"segeval.{{name}}" in sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == ""
