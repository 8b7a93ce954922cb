"""The tree of Open Images' classes."""

from __future__ import annotations

import json
from dataclasses import field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from segeval.data.files import open_content
from segeval.data.json.broken import broken_json, shown
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.limits import check_limit

LONGEST_SHOWN = 40
"""Characters of a value that a message repeats."""


@frozen(eq=False, repr=False)
class ClassTree:
    """The labels above and below every label.

    A label may occur at several places; the labels above it are then those of all of them. The root
    is not a class and is left out.

    Attributes:
        ancestors: labels above each label.
        descendants: labels below each label.
        source: name of the file, for messages.
        parents: labels right above each label; the root is none.

    Example:
        >>> tree = ClassTree.of(
        ...     {
        ...         "LabelName": "all",
        ...         "Subcategory": [{"LabelName": "animal", "Subcategory": [{"LabelName": "cat"}]}],
        ...     }
        ... )
        >>> tree.ancestors["cat"], tree.descendants["animal"]
        (('animal',), ('cat',))
    """

    ancestors: dict[str, tuple[str, ...]]
    descendants: dict[str, tuple[str, ...]]
    source: str = "hierarchy"
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ancestors)

    def digest(self) -> str:
        """A hash of what stands above what, in hexadecimal; the file's name does not count."""
        above = sorted((label, sorted(higher)) for label, higher in self.ancestors.items())
        return blake2b(repr(above).encode(), digest_size=8).hexdigest()

    def __repr__(self) -> str:
        """One line: the file and its count."""
        return f"ClassTree({self.source}: {len(self):,} labels)"

    @classmethod
    def of(cls, root: Any, source: str = "hierarchy") -> ClassTree:
        """The tree from nested objects with `LabelName` and `Subcategory`.

        Raises:
            FormatError: if a node has no label, its children are not a list, a label stands above
                itself, or the tree has more levels or labels than `limits()` allow.
        """
        above: dict[str, set[str]] = {}
        below: dict[str, set[str]] = {}
        parents: dict[str, set[str]] = {}
        # the root alone means that its children are missing
        waiting: list[tuple[Any, tuple[str, ...], str]] = [(root, (), "$")]
        while waiting:
            node, path, where = waiting.pop()
            label = _label(node, where, source)
            check_limit(
                "levels",
                len(path),
                f"the label {shown(label, LONGEST_SHOWN)} has {len(path):,} labels above it",
                source=source,
            )
            own = path
            if where != "$":
                above.setdefault(label, set()).update(path)
                below.setdefault(label, set())
                parents.setdefault(label, set()).update(path[-1:])
                for ancestor in path:
                    below[ancestor].add(label)
                own = (*path, label)
            children = node.get("Subcategory", [])
            if not isinstance(children, list):
                found = shown(children, LONGEST_SHOWN)
                raise FormatError(
                    f"{source}: {where}.Subcategory is {found}, expected a list.",
                    code="bad-hierarchy",
                    path=source,
                    field="Subcategory",
                )
            waiting += [
                (child, own, f"{where}.Subcategory[{place}]")
                for place, child in enumerate(children)
            ]
        check_limit("categories", len(above), f"holds {len(above):,} labels", source=source)
        if not above:
            raise FormatError(
                f"{source}: the root has no Subcategory, expected a tree of labels.",
                code="bad-hierarchy",
                path=source,
                field="Subcategory",
            )
        _refuse_circles(above, source)
        return cls(_sorted(above), _sorted(below), source, _sorted(parents))


def load_class_tree(path: str | Path) -> ClassTree:
    """Read the tree of classes, such as `challenge-2019-label300-segmentable-hierarchy.json`.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not JSON, or a node has no `LabelName`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tree.json")
        ...     _ = path.write_text('{"LabelName": "all", "Subcategory": [{"LabelName": "cat"}]}')
        ...     tree = load_class_tree(path)
        >>> type(tree).__name__
        'ClassTree'
    """
    content = open_content(path)
    check_limit(
        "file_bytes", len(content.data), f"has {len(content.data):,} bytes", source=content.name
    )
    try:
        root = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):  # also for numbers of thousands of digits
        raise broken_json(content, "this is the tree of classes.", "bad-json") from None
    return ClassTree.of(root, content.name)


def _refuse_circles(above: dict[str, set[str]], source: str) -> None:
    """Refuse a label that stands above itself, at one place or by way of another label."""
    for label, higher in sorted(above.items()):
        other = next((each for each in sorted(higher) if label in above[each]), None)
        if other is None:
            continue
        first = shown(label, LONGEST_SHOWN)
        way = "itself" if label in higher else f"{shown(other, LONGEST_SHOWN)} and below it"
        raise FormatError(
            f"{source}: the label {first} stands above {way}, expected a tree of classes.",
            code="hierarchy-circle",
            path=source,
            field="LabelName",
        )


def _label(node: Any, where: str, source: str) -> str:
    """Label of one node."""
    label = node.get("LabelName") if isinstance(node, dict) else None
    if not isinstance(label, str) or not label:
        is_object = isinstance(node, dict)
        found = shown(sorted(node) if is_object else node, LONGEST_SHOWN)
        found = f"an object with {found}" if is_object else found
        raise FormatError(
            f"{source}: {where} is {found}, expected an object with LabelName, and Subcategory "
            "for its children.",
            code="bad-hierarchy",
            path=source,
            field="LabelName",
        )
    return label


def _sorted(sets: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """The same in a fixed order."""
    return {label: tuple(sorted(others - {label})) for label, others in sorted(sets.items())}
