"""The other package that is imported as `segeval`: text segmentation, on the index since 2013."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ITS_FOLDERS = ("agreement", "similarity", "window")
"""Folders that the other package has and segeval-cv has not."""


def found_in_place_of_ours() -> str | None:
    """What to tell if `import segeval` finds the other package, or both in one folder."""
    spec = importlib.util.find_spec("segeval")
    for place in (spec and spec.submodule_search_locations) or []:
        if all(Path(place, name).is_dir() for name in ITS_FOLDERS):
            shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in place)
            return (
                f"{shown}: holds another project's package segeval, which is for text "
                "segmentation. Both cannot be in one environment. Remove both and install this "
                "one again: pip uninstall segeval segeval-cv, then pip install segeval-cv."
            )
    return None
