"""The hook by which hatchling makes the page of the package index from README.md.

An index shows the README alone, so no link to a file of the repository leads anywhere there. Where
`[project.urls]` has `Source`, each becomes an address of the tag of this version; without it,
links become their text, and pictures are left out. Web addresses stay as they are.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")
COMMENT = re.compile(r"<!-- .*?-->\n", re.DOTALL)
WITHOUT_ADDRESS = "The pages that are named here are in the archive of sources, in `docs/pages`."


class ReadmeHook(MetadataHookInterface):
    """Gives the project its `readme`, which pyproject.toml calls dynamic."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Put in the text."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        version = re.search(r'"(.+)"', Path(self.root, "segeval", "version.py").read_text("utf-8"))
        source = metadata.get("urls", {}).get("Source", "")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": for_index(text, source.rstrip("/"), f"v{version[1]}"),
        }


def for_index(text: str, source: str, tag: str) -> str:
    """The README as an index should show it.

    Args:
        text: what README.md holds.
        source: the address of the repository, or "".
        tag: what the version is called there.
    """
    text = COMMENT.sub("", text)
    if not source:
        text = LINK.sub(lambda link: "" if link[1] else link[2], text)
        return f"{text.rstrip()}\n\n{WITHOUT_ADDRESS}\n"
    kind = {"!": "raw", "": "blob"}
    return LINK.sub(
        lambda link: f"{link[1]}[{link[2]}]({source}/{kind[link[1]]}/{tag}/{link[3]})", text
    )
